// What a service manager of a system is asked for: texts and commands, of which it writes and runs none itself.

/** Enough to find the service again. */
export interface Place {
  /** For the whole machine, from its start on; else of this user alone. */
  readonly system: boolean;
  /** The node's home. */
  readonly home: string;
  /** The home folder and the id of who installs. */
  readonly userHome: string;
  readonly uid: number;
}

/** A user whom systemd makes for the service, who owns /var/lib/<state>. */
interface DynamicUser {
  readonly state: string;
}

export interface Service extends Place {
  /** The absolute path of the program, and its first arguments. */
  readonly program: readonly string[];
  /** Who runs it; undefined: who installs it. */
  readonly user: { readonly name: string } | DynamicUser | undefined;
  /** What --password-file said. */
  readonly passwordFile: string | undefined;
  /** Of groups that own GPU devices, those that this machine has. */
  readonly groups: readonly string[];
  /** How long running answers may go on after the signal to stop. */
  readonly deadlineMs: number;
  /** It listens on a port that only root may bind. */
  readonly lowPort: boolean;
}

export interface ServiceFile {
  readonly path: string;
  readonly text: string;
  /** UTF-16 with its mark at the beginning is what Windows reads. */
  readonly encoding: "utf8" | "utf16le";
}

export interface ServiceCommand {
  readonly words: readonly string[];
  /** What it undoes may not be there. */
  readonly mayFail?: boolean;
}

export interface LogsWanted {
  readonly lines: number;
  readonly follow: boolean;
}

export interface ServiceManager {
  readonly platform: NodeJS.Platform;
  readonly name: string;
  /** In each file that it writes: what has it may be removed. */
  readonly mark: string;
  /** Whether it reads the password's file itself, as root, and hands over what is in it. */
  handsOverPassword(place: Place): boolean;
  /** Throws ServiceError service_text_invalid for paths that it cannot be told of. */
  files(service: Service): readonly ServiceFile[];
  /** Where those lie. */
  paths(place: Place): readonly string[];
  /** Once the files are there; also when an older service runs. */
  install(place: Place): readonly ServiceCommand[];
  /** Before the files go, and after. */
  remove(place: Place): { readonly before: readonly ServiceCommand[]; readonly after: readonly ServiceCommand[] };
  logs(place: Place, wanted: LogsWanted): readonly string[];
  /** Asks whether the manager runs; what it prints when it does. undefined: it always does. */
  readonly running: ((place: Place) => { readonly words: readonly string[]; readonly answer: RegExp }) | undefined;
  /** For a person, once it is installed. */
  advice(place: Place): readonly string[];
}
