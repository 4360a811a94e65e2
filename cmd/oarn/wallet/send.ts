// fxn oarn wallet send: what fxn wallet send does, from OARN's account.
import { Command } from "clipanion";
import { WalletSendCommand } from "../../wallet/send.ts";

export class OarnWalletSendCommand extends WalletSendCommand {
  static override paths = [["oarn", "wallet", "send"]];
  static override usage = Command.Usage({
    category: "OARN",
    description: "send ETH or a token from OARN's account",
    details: `
      The same as fxn wallet send --network oarn: OARN has to be on, its RPCs in networks.oarn.blockchain.rpcUrls, and for
      COMP and GOV their contracts. Where the owner of COMP has switched burning on, a part of what is sent is burnt.
    `,
    examples: [["Some ETH", "$0 oarn wallet send 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed 0.01"]],
  });

  override network: string | undefined = "oarn";
}
