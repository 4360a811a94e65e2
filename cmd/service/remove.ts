// fxn service remove: stops the service and takes away what install wrote.
import { Command } from "clipanion";
import { removeService } from "../../src/service/install.ts";
import { EXIT } from "../base.ts";
import { ServiceCommand } from "./service-command.ts";

export class ServiceRemoveCommand extends ServiceCommand {
  static override paths = [["service", "remove"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "stop the service and take it away",
    details: `
      Running answers may end first. Only what fxn service install wrote is removed: the home with its key and ledger stays
      as it is, and so does the password's file. Where nothing is installed it says so, with exit code 0.
    `,
    examples: [["The service of this machine", "sudo fxn service remove"]],
  });

  protected async run(): Promise<number> {
    const manager = this.manager();
    const place = this.place();
    const gone = await removeService(manager, place, this.ports());
    this.print(
      gone.length > 0
        ? `Stopped and removed: ${gone.join(", ")}. The home ${place.home} was left as it is.`
        : `Nothing is installed: there is no ${manager.paths(place).join(", ")}.`,
    );
    return EXIT.ok;
  }
}
