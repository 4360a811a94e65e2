// THE COMMAND TABLE: every command of fxn; the path of a command is the path of its file.
import { Cli } from "clipanion";
import { EXIT } from "./base.ts";
import { type CompletableClass, type DescribedCommand, describeCommands } from "./manual/commands.ts";
import { NamingCli } from "./naming-cli.ts";
import { groupOf, overview, unknownCommand } from "./overview.ts";
import { wrongWords } from "./wrong-words.ts";

/** By its words. Loaded when it is meant: all of them together take longer than a node needs to start. */
const COMMANDS: Readonly<Record<string, () => Promise<CompletableClass>>> = {
  init: async () => (await import("./init.ts")).InitCommand,
  completion: async () => (await import("./completion.ts")).CompletionCommand,
  man: async () => (await import("./man.ts")).ManCommand,
  start: async () => (await import("./start.ts")).StartCommand,
  status: async () => (await import("./status.ts")).StatusCommand,
  why: async () => (await import("./why.ts")).WhyCommand,
  doctor: async () => (await import("./doctor.ts")).DoctorCommand,
  top: async () => (await import("./top.ts")).TopCommand,
  "dashboard open": async () => (await import("./dashboard/open.ts")).DashboardOpenCommand,
  reload: async () => (await import("./reload.ts")).ReloadCommand,
  restart: async () => (await import("./restart.ts")).RestartCommand,
  drain: async () => (await import("./drain.ts")).DrainCommand,
  update: async () => (await import("./update.ts")).UpdateCommand,
  "log-level": async () => (await import("./log-level.ts")).LogLevelCommand,
  "service install": async () => (await import("./service/install.ts")).ServiceInstallCommand,
  "service remove": async () => (await import("./service/remove.ts")).ServiceRemoveCommand,
  "service logs": async () => (await import("./service/logs.ts")).ServiceLogsCommand,
  ledger: async () => (await import("./ledger.ts")).LedgerCommand,
  earnings: async () => (await import("./earnings.ts")).EarningsCommand,
  request: async () => (await import("./request.ts")).RequestCommand,
  "alerts list": async () => (await import("./alerts/list.ts")).AlertsListCommand,
  "alerts test": async () => (await import("./alerts/test.ts")).AlertsTestCommand,
  "alerts export": async () => (await import("./alerts/export.ts")).AlertsExportCommand,
  "dashboard export": async () => (await import("./dashboard/export.ts")).DashboardExportCommand,
  bugreport: async () => (await import("./bugreport.ts")).BugreportCommand,
  "privacy-report": async () => (await import("./privacy-report.ts")).PrivacyReportCommand,
  "accounts new": async () => (await import("./accounts/new.ts")).AccountsNewCommand,
  "accounts get": async () => (await import("./accounts/get.ts")).AccountsGetCommand,
  "accounts list": async () => (await import("./accounts/list.ts")).AccountsListCommand,
  "accounts import": async () => (await import("./accounts/import.ts")).AccountsImportCommand,
  "accounts export": async () => (await import("./accounts/export.ts")).AccountsExportCommand,
  "config check": async () => (await import("./config/check.ts")).ConfigCheckCommand,
  "config show": async () => (await import("./config/show.ts")).ConfigShowCommand,
  "config schema": async () => (await import("./config/schema.ts")).ConfigSchemaCommand,
  "networks list": async () => (await import("./networks/list.ts")).NetworksListCommand,
  "networks status": async () => (await import("./networks/status.ts")).NetworksStatusCommand,
  "networks import": async () => (await import("./networks/import.ts")).NetworksImportCommand,
  "gpu list": async () => (await import("./gpu/list.ts")).GpuListCommand,
  "gpu bench": async () => (await import("./gpu/bench.ts")).GpuBenchCommand,
  "challenge list": async () => (await import("./challenge/list.ts")).ChallengeListCommand,
  "challenge run": async () => (await import("./challenge/run.ts")).ChallengeRunCommand,
  "challenge rehearse": async () => (await import("./challenge/rehearse.ts")).ChallengeRehearseCommand,
  "challenge verify": async () => (await import("./challenge/verify.ts")).ChallengeVerifyCommand,
  "provider status": async () => (await import("./provider/status.ts")).ProviderStatusCommand,
  "provider register": async () => (await import("./provider/register.ts")).ProviderRegisterCommand,
  "provider update": async () => (await import("./provider/update.ts")).ProviderUpdateCommand,
  "provider pause": async () => (await import("./provider/pause.ts")).ProviderPauseCommand,
  "provider unpause": async () => (await import("./provider/unpause.ts")).ProviderUnpauseCommand,
  "provider stake": async () => (await import("./provider/stake.ts")).ProviderStakeCommand,
  "provider unstake": async () => (await import("./provider/unstake.ts")).ProviderUnstakeCommand,
  "provider claim": async () => (await import("./provider/claim.ts")).ProviderClaimCommand,
  "wallet balance": async () => (await import("./wallet/balance.ts")).WalletBalanceCommand,
  "wallet send": async () => (await import("./wallet/send.ts")).WalletSendCommand,
  "infernet init": async () => (await import("./infernet/init.ts")).InfernetInitCommand,
  "infernet login": async () => (await import("./infernet/login.ts")).InfernetLoginCommand,
  "infernet register": async () => (await import("./infernet/register.ts")).InfernetRegisterCommand,
  "infernet update": async () => (await import("./infernet/update.ts")).InfernetUpdateCommand,
  "infernet remove": async () => (await import("./infernet/remove.ts")).InfernetRemoveCommand,
  "infernet payout set": async () => (await import("./infernet/payout/set.ts")).InfernetPayoutSetCommand,
  "infernet payout list": async () => (await import("./infernet/payout/list.ts")).InfernetPayoutListCommand,
  "infernet payments": async () => (await import("./infernet/payments.ts")).InfernetPaymentsCommand,
  "infernet firewall": async () => (await import("./infernet/firewall.ts")).InfernetFirewallCommand,
  "infernet gpu": async () => (await import("./infernet/gpu.ts")).InfernetGpuCommand,
  "blindference init": async () => (await import("./blindference/init.ts")).BlindferenceInitCommand,
  "blindference attest": async () => (await import("./blindference/attest.ts")).BlindferenceAttestCommand,
  "blindference run": async () => (await import("./blindference/run.ts")).BlindferenceRunCommand,
  "blindference status": async () => (await import("./blindference/status.ts")).BlindferenceStatusCommand,
  "blindference staking stake": async () => (await import("./blindference/staking/stake.ts")).BlindferenceStakeCommand,
  "blindference staking status": async () =>
    (await import("./blindference/staking/status.ts")).BlindferenceStakingStatusCommand,
  "blindference staking unstake": async () =>
    (await import("./blindference/staking/unstake.ts")).BlindferenceUnstakeCommand,
  "blindference staking withdraw": async () =>
    (await import("./blindference/staking/withdraw.ts")).BlindferenceWithdrawCommand,
  "blindference jobs list": async () => (await import("./blindference/jobs/list.ts")).BlindferenceJobsListCommand,
  "blindference jobs earnings": async () =>
    (await import("./blindference/jobs/earnings.ts")).BlindferenceJobsEarningsCommand,
  "blindference jobs claim": async () => (await import("./blindference/jobs/claim.ts")).BlindferenceJobsClaimCommand,
  "blindference models list": async () => (await import("./blindference/models/list.ts")).BlindferenceModelsListCommand,
  "blindference models test": async () => (await import("./blindference/models/test.ts")).BlindferenceModelsTestCommand,
  "blindference balance": async () => (await import("./blindference/balance.ts")).BlindferenceBalanceCommand,
  "blindference test-determinism": async () =>
    (await import("./blindference/test-determinism.ts")).BlindferenceTestDeterminismCommand,
  "oarn init": async () => (await import("./oarn/init.ts")).OarnInitCommand,
  "oarn start": async () => (await import("./oarn/start.ts")).OarnStartCommand,
  "oarn status": async () => (await import("./oarn/status.ts")).OarnStatusCommand,
  "oarn config": async () => (await import("./oarn/config.ts")).OarnConfigCommand,
  "oarn peers": async () => (await import("./oarn/peers.ts")).OarnPeersCommand,
  "oarn task list": async () => (await import("./oarn/task/list.ts")).OarnTaskListCommand,
  "oarn task status": async () => (await import("./oarn/task/status.ts")).OarnTaskStatusCommand,
  "oarn task claim": async () => (await import("./oarn/task/claim.ts")).OarnTaskClaimCommand,
  "oarn task history": async () => (await import("./oarn/task/history.ts")).OarnTaskHistoryCommand,
  "oarn task submit": async () => (await import("./oarn/task/submit.ts")).OarnTaskSubmitCommand,
  "oarn task fund": async () => (await import("./oarn/task/fund.ts")).OarnTaskFundCommand,
  "oarn task consensus": async () => (await import("./oarn/task/consensus.ts")).OarnTaskConsensusCommand,
  "oarn task cancel": async () => (await import("./oarn/task/cancel.ts")).OarnTaskCancelCommand,
  "oarn task expire": async () => (await import("./oarn/task/expire.ts")).OarnTaskExpireCommand,
  "oarn wallet create": async () => (await import("./oarn/wallet/create.ts")).OarnWalletCreateCommand,
  "oarn wallet import": async () => (await import("./oarn/wallet/import.ts")).OarnWalletImportCommand,
  "oarn wallet balance": async () => (await import("./oarn/wallet/balance.ts")).OarnWalletBalanceCommand,
  "oarn wallet send": async () => (await import("./oarn/wallet/send.ts")).OarnWalletSendCommand,
  "oarn rewards claim": async () => (await import("./oarn/no-contract.ts")).OarnRewardsCommand,
  "oarn validator register": async () => (await import("./oarn/no-contract.ts")).OarnValidatorCommand,
  "oarn model list": async () => (await import("./oarn/model/list.ts")).OarnModelListCommand,
  "oarn model pull": async () => (await import("./oarn/model/pull.ts")).OarnModelPullCommand,
  "oarn model remove": async () => (await import("./oarn/model/remove.ts")).OarnModelRemoveCommand,
  "oarn model info": async () => (await import("./oarn/model/info.ts")).OarnModelInfoCommand,
  "oarn local inference": async () => (await import("./oarn/local/inference.ts")).OarnLocalInferenceCommand,
};

/** For what is generated from all of them. */
export async function allCommands(): Promise<DescribedCommand[]> {
  return describeCommands(await allClasses());
}

export async function runCli(args: string[]): Promise<number> {
  if (args[0] === "help") return runCli([...args.slice(1), "--help"]);
  const found = await commandIn(args);
  if (!found) return withoutCommand(args);
  const cli = new NamingCli();
  cli.register(found);
  let command: ReturnType<typeof cli.process>;
  try {
    command = cli.process(args, Cli.defaultContext);
  } catch (error) {
    // Words that make no command: the library would say exit code 1, which is for work that failed.
    const [described] = describeCommands([found]);
    const said = described && wrongWords(error, args, described);
    process.stderr.write(said === undefined ? cli.error(error) : `${said}\n`);
    return EXIT.usage;
  }
  return cli.run(command, Cli.defaultContext);
}

/** The one that the words begin with, be it by another of its names ("account new", as the Go node says). */
async function commandIn(args: readonly string[]): Promise<CompletableClass | undefined> {
  const named = [3, 2, 1].map((n) => args.slice(0, n).join(" ")).find((words) => Object.hasOwn(COMMANDS, words));
  if (named !== undefined) return COMMANDS[named]?.();
  const calledBy = (path: readonly string[]) => path.every((word, i) => word === args[i]);
  return (await allClasses()).find(({ paths }) => paths?.some(calledBy));
}

function allClasses(): Promise<CompletableClass[]> {
  return Promise.all(Object.values(COMMANDS).map((load) => load()));
}

/** Help for all of fxn, or for a group of its commands; anything else is a slip. */
async function withoutCommand(args: readonly string[]): Promise<number> {
  const end = args.findIndex((arg) => arg.startsWith("-"));
  const words = end < 0 ? args : args.slice(0, end);
  const commands = await allCommands();
  const { OWN_NETWORKS } = await import("../src/networks/index.ts");
  const help =
    words.length === 0
      ? overview(
          commands,
          OWN_NETWORKS.map(({ id }) => id),
        )
      : groupOf(words, commands);
  const asked = help !== undefined && (args.length === 0 || args.includes("--help") || args.includes("-h"));
  (asked ? process.stdout : process.stderr).write(`${help ?? unknownCommand(words, commands)}\n`);
  return asked ? EXIT.ok : EXIT.usage;
}
