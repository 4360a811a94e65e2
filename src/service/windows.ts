// Windows: a task of the Task Scheduler. Not a service: the service control manager ends within half a minute what does not
// speak its protocol, which a console program does not, and wrappers that do are other people's programs.
import { win32 } from "node:path";
import type { Place, Service, ServiceManager } from "./manager.ts";
import { oneLine, unfit, xmlText } from "./text.ts";

const TASK = "fxn";
const MARK = "<!-- Written by fxn service install; fxn service remove takes it away. -->";

const taskPath = ({ home }: Place) => win32.join(home, "fxn-task.xml");
const logPath = ({ home }: Place) => win32.join(home, "fxn.log");

export const windows: ServiceManager = {
  platform: "win32",
  name: "Task Scheduler",
  mark: MARK,
  handsOverPassword: () => false,
  files: (service) => [{ path: taskPath(service), text: task(service), encoding: "utf16le" }],
  paths: (place) => [taskPath(place)],
  install: (place) => [
    { words: ["schtasks", "/End", "/TN", TASK], mayFail: true },
    { words: ["schtasks", "/Create", "/TN", TASK, "/XML", taskPath(place), "/F"] },
    { words: ["schtasks", "/Run", "/TN", TASK] },
  ],
  remove: () => ({
    before: [
      { words: ["schtasks", "/End", "/TN", TASK], mayFail: true },
      { words: ["schtasks", "/Delete", "/TN", TASK, "/F"] },
    ],
    after: [],
  }),
  logs: (place, { lines, follow }) => [
    "powershell",
    "-NoProfile",
    "-NonInteractive",
    "-Command",
    `Get-Content -Encoding UTF8 -LiteralPath '${oneLine(logPath(place)).replace(/['\u2018-\u201b]/g, "$&$&")}' -Tail ${lines}${follow ? " -Wait" : ""}`,
  ],
  running: undefined,
  advice: (place) => [
    `Its log grows in ${logPath(place)}.`,
    "Windows ends it without notice; what was answered is not lost by that. To stop it: schtasks /Change /TN fxn /DISABLE, then schtasks /End /TN fxn",
  ],
};

/** As the C runtime splits a command line: \ before " counts twice. cmd would fill in %, whatever is around it. */
function quoted(text: string): string {
  if (/["%]/.test(oneLine(text))) throw unfit(text, 'holds " or %, which the command interpreter changes');
  return `"${text.replace(/\\+$/, "$&$&")}"`;
}

/** Nothing but the command interpreter writes a program's output to a file. */
function commandArguments(service: Service): string {
  const { program, home, passwordFile } = service;
  const password = passwordFile === undefined ? [] : ["--password-file", passwordFile];
  const words = [...program, "start", "--home", home, ...password].map(quoted).join(" ");
  return `/d /s /v:off /c "${words} >> ${quoted(logPath(service))} 2>&1"`;
}

function task(service: Service): string {
  const user = service.user && "name" in service.user ? service.user.name : "";
  // Restarting "on failure" means a task that could not be started, not one that ended badly: so every minute one is started
  // that is not running.
  return `<?xml version="1.0" encoding="UTF-16"?>
${MARK}
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>fxn, a provider node of inference networks</Description></RegistrationInfo>
  <Triggers>
    <BootTrigger><Enabled>true</Enabled></BootTrigger>
    <TimeTrigger>
      <Repetition><Interval>PT1M</Interval><StopAtDurationEnd>false</StopAtDurationEnd></Repetition>
      <StartBoundary>2000-01-01T00:00:00</StartBoundary>
      <Enabled>true</Enabled>
    </TimeTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>${xmlText(user)}</UserId>
      <LogonType>S4U</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>true</AllowHardTerminate>
    <StartWhenAvailable>true</StartWhenAvailable>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <Enabled>true</Enabled>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>5</Priority>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>%SystemRoot%\\System32\\cmd.exe</Command>
      <Arguments>${xmlText(commandArguments(service))}</Arguments>
    </Exec>
  </Actions>
</Task>
`;
}
