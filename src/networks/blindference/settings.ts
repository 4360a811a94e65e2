// networks.blindference in config.yaml: each setting with its default and its help.
import { z } from "zod";
import { list } from "../../config/field.ts";
import { address, choice, duration, integer, secret, size, text } from "../../config/fields.ts";
import { baseUrl, httpUrl } from "../../config/net-fields.ts";
import { chainShape } from "../chain-settings.ts";
import { jobSettings } from "../jobs/settings.ts";
import { ATTESTATION_KINDS } from "./attestation-backends.ts";
import { BLIND_TOKEN, CHAIN_ID } from "./contracts/addresses.ts";
import { secureUrl } from "./icl-url.ts";

/** The chain is always the same. */
const { rpcUrls, gasPerDay, maxFeePerGas, confirmations } = chainShape;

const intervals = z
  .strictObject({
    heartbeat: duration("1ms").prefault("1m").describe("Between heartbeats to the ICL."),
    poll: duration("1ms").prefault("5s").describe("Between questions for jobs, while there is a place for one."),
    watchdog: duration("1ms")
      .prefault("10m")
      .describe("Between looks at the certificate, at the record on chain, and at whether the ICL lists us."),
    chainHeartbeat: duration("1ms")
      .prefault("240h")
      .describe("Between heartbeats on chain, by the wall clock, over restarts. A registered node sends them."),
  })
  .prefault({})
  .describe("How often the network hears of this node.");

const ipfs = z
  .strictObject({
    gateway: baseUrl.prefault("https://node.lighthouse.storage").describe("Where prompts are fetched first."),
    otherGateways: list(baseUrl, "a list of URLs")
      .prefault(["https://gateway.pinata.cloud/ipfs", "https://ipfs.io/ipfs", "https://gateway.ipfs.io/ipfs"])
      .describe("Where they are fetched after that, in this order."),
    api: baseUrl.optional().describe("The API of an IPFS node of your own: prompts come from it, answers go to it."),
    uploadUrl: secureUrl
      .prefault("https://api.pinata.cloud/pinning/pinFileToIPFS")
      .describe("Where answers are stored: the whole URL of Pinata's form of upload."),
    uploadToken: secret
      .optional()
      .describe("Pinata's JWT. Without it and without api this node leads no job: it has nowhere to put an answer."),
    cache: size.prefault("64MB").describe("How much of it is kept on this disk, encrypted as it came."),
  })
  .prefault({})
  .describe("Where prompts come from and answers go to. Both are encrypted.");

const cofhe = z
  .strictObject({
    mode: choice(["bridge", "python"])
      .prefault("bridge")
      .describe("bridge: CoFHE's threshold network. python: its older JSON-RPC, at endpoint."),
    endpoint: httpUrl.optional().describe("The URL of CoFHE's JSON-RPC; used in mode python only."),
    chainId: integer(1).prefault(CHAIN_ID).describe("In permits of mode python."),
    thresholdUrl: secureUrl
      .prefault("https://testnet-cofhe-tn.fhenix.zone")
      .describe("The threshold network's base URL; used in mode bridge only."),
    sdk: text("the path of a folder", "/opt/cofhe")
      .optional()
      .describe("Where @cofhe/sdk is installed, which leading in mode bridge needs. Default: this home."),
  })
  .prefault({})
  .describe("How the keys of prompts are had.");

export const settings = z
  .strictObject({
    url: secureUrl
      .prefault("https://icl.blindference.xyz")
      .describe("The coordinator (ICL): https, unless it is on this machine."),
    paymentUrl: secureUrl
      .prefault("https://payment.blindference.xyz")
      .describe("The payment service: what was earned is asked there."),
    ...{ rpcUrls, gasPerDay, maxFeePerGas, confirmations },
    models: list(text("a model's id", "facebook/opt-125m"), "a list of model ids")
      .prefault([])
      .describe(
        "The network's names of models that are served, such as groq:llama-3.3-70b-versatile. Each needs a model of that name, or of what is behind groq: or gemini:, in model_backend.yaml.",
      ),
    tier: integer(0, 2).prefault(0).describe("Highest tier that is claimed; the ICL says which it is."),
    attestation: choice(ATTESTATION_KINDS)
      .prefault("mock")
      .describe("What is shown to the ICL. The network knows a mock only, which proves nothing; tpm and tee refuse."),
    ...jobSettings,
    maxConcurrent: integer(1, 1024)
      .prefault(2)
      .describe(
        "Jobs at the same time, as far as the budget allows. Waiting for a leader or a decision does not count.",
      ),
    maxPrompt: size.prefault("256KB").describe("Largest prompt that is taken."),
    promptKeyStore: address.optional().meta({
      description:
        "The contract that keeps keys: the one that the ICL uses, of four that are about. Without it this node leads no job in mode bridge.",
      examples: ["0x7120fAbdAD2FC5B05CD814A59457eB5fCd9Cfa7E"],
    }),
    blindToken: address.prefault(BLIND_TOKEN).describe("The BLIND token, for its balance."),
    intervals,
    ipfs,
    cofhe,
  })
  .describe("Blindference: this node answers encrypted prompts in quorums, and is paid in BLIND.");

export type BlindferenceSettings = z.output<typeof settings>;
