// A chain of our own with the network's contracts on it, and the hands to register, pause and break things.
import {
  createTestClient,
  getAddress,
  type Hex,
  http,
  parseAbi,
  parseEther,
  publicActions,
  stringToHex,
  type TransactionReceipt,
  walletActions,
} from "viem";
import { type Address, parseAddress } from "../../src/core/address.ts";
import { Anvil } from "./anvil.ts";
import { type Contract, compileContracts } from "./compile.ts";

/** The first of anvil's unlocked accounts. */
const DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const DEPLOYER_ADDRESS = address(DEPLOYER);

const gatewayAbi = parseAbi([
  "function register(bytes id, string metadata)",
  "function setPaused(bytes id, bool paused)",
]);
const providerAbi = parseAbi([
  "function register(bytes id, uint256 modelId, string metadata)",
  "function updateMetadata(bytes id, string metadata)",
  "function pause(bytes id)",
  "function unpause(bytes id)",
  "function setActive(bytes id, bool isActive)",
  "function useStaking(address func, address staking, bool stakingTakes)",
]);
const stakingAbi = parseAbi([
  "function setReward(bytes id, uint256 epoch, uint256 amount)",
  "function setLocked(bool locked)",
  "function setTerms(uint256 price, bool topUps)",
  "function staked(bytes id) view returns (uint256)",
]);
const funcAbi = parseAbi([
  "function mint(address to, uint256 amount)",
  "function balanceOf(address account) view returns (uint256)",
  "function allowance(address owner, address spender) view returns (uint256)",
]);
const routerAbi = parseAbi(["function setProviderStaking(uint256 modelId, address staking)"]);

/** How a gateway's id spells its address: lower-case text, EIP-55 text, upper-case text, or 20 raw bytes. */
export type IdForm = "text" | "checksum" | "upper" | "raw";

export interface ChainOptions {
  /** Default: a free one. */
  readonly port?: number;
  readonly chainId?: number;
}

export type Chain = Awaited<ReturnType<typeof startChain>>;

export async function startChain({ port = 0, chainId = 31_337 }: ChainOptions = {}) {
  const contracts = await compileContracts();
  const anvil = new Anvil(port, chainId);
  await anvil.start();
  const client = createTestClient({ mode: "anvil", transport: http(anvil.url, { retryCount: 0 }), pollingInterval: 20 })
    .extend(publicActions)
    .extend(walletActions);

  /** Until it is in a block: a reader sees nothing of it before. */
  async function mined(sent: Promise<Hex>): Promise<TransactionReceipt> {
    const receipt = await client.waitForTransactionReceipt({ hash: await sent });
    if (receipt.status !== "success") throw new Error(`transaction ${receipt.transactionHash} reverted`);
    return receipt;
  }

  async function deploy({ abi, bytecode }: Contract, args: readonly unknown[] = []): Promise<Address> {
    const sent = client.deployContract({ abi, bytecode, args, account: DEPLOYER, chain: null });
    const { contractAddress } = await mined(sent);
    return address(contractAddress ?? "");
  }

  const gateways = await deploy(contracts.GatewayRegistry);
  const providers = await deploy(contracts.ProviderRegistry);
  const deployRouter = (...registries: [gateways: Hex, providers: Hex]) => deploy(contracts.Router, registries);

  const router = await deployRouter(gateways, providers);

  const asGateway = { address: gateways, abi: gatewayAbi, account: DEPLOYER, chain: null } as const;
  const addGatewayId = async (id: Hex) => {
    await mined(client.writeContract({ ...asGateway, functionName: "register", args: [id, "{}"] }));
  };
  const setGatewayPaused = async (who: Address, paused: boolean) => {
    for (const form of ["text", "checksum", "upper", "raw"] as const)
      await mined(
        client.writeContract({ ...asGateway, functionName: "setPaused", args: [gatewayId(who, form), paused] }),
      );
  };
  const asOwner = (owner: Address) => ({ address: providers, abi: providerAbi, account: owner, chain: null }) as const;

  return {
    chainId,
    rpcUrl: anvil.url,
    router,
    gatewayRegistry: gateways,
    providerRegistry: providers,
    /** A Router that names other registries, such as none. */
    deployRouter,

    addGateway: (who: Address, form: IdForm = "checksum") => addGatewayId(gatewayId(who, form)),
    addGatewayId,
    pauseGateway: (who: Address) => setGatewayPaused(who, true),
    unpauseGateway: (who: Address) => setGatewayPaused(who, false),

    /** Registers a provider that `owner` owns, with the owner's address as its id; no key of the owner is needed. */
    async addProvider(owner: Address, modelId = 1n, metadata = "{}"): Promise<void> {
      await client.setBalance({ address: owner, value: parseEther("1") });
      await mined(
        client.writeContract({ ...asOwner(owner), functionName: "register", args: [owner, modelId, metadata] }),
      );
    },
    async setProviderMetadata(owner: Address, metadata: string): Promise<void> {
      const args = [owner, metadata] as const;
      await mined(client.writeContract({ ...asOwner(owner), functionName: "updateMetadata", args }));
    },
    async pauseProvider(owner: Address): Promise<void> {
      await mined(client.writeContract({ ...asOwner(owner), functionName: "pause", args: [owner] }));
    },
    async unpauseProvider(owner: Address): Promise<void> {
      await mined(client.writeContract({ ...asOwner(owner), functionName: "unpause", args: [owner] }));
    },
    async setProviderActive(owner: Address, active: boolean): Promise<void> {
      await mined(client.writeContract({ ...asOwner(owner), functionName: "setActive", args: [owner, active] }));
    },

    /** From now on providers of that model stake. @param by who takes the tokens of registerAndStake */
    async startStaking(modelId: bigint, by: "registry" | "staking" = "registry") {
      const asAnyone = { account: DEPLOYER, chain: null } as const;
      const token = { address: await deploy(contracts.Func), abi: funcAbi } as const;
      const staking = await deploy(contracts.ProviderStaking, [token.address, providers]);
      const stakes = { address: staking, abi: stakingAbi } as const;
      const args = [token.address, staking, by === "staking"] as const;
      await mined(client.writeContract({ ...asOwner(DEPLOYER_ADDRESS), functionName: "useStaking", args }));
      const placed = { address: router, abi: routerAbi, ...asAnyone } as const;
      await mined(client.writeContract({ ...placed, functionName: "setProviderStaking", args: [modelId, staking] }));
      return {
        func: token.address,
        staking,
        async mint(to: Address, amount: bigint): Promise<void> {
          await mined(client.writeContract({ ...token, ...asAnyone, functionName: "mint", args: [to, amount] }));
        },
        balanceOf: (owner: Address) => client.readContract({ ...token, functionName: "balanceOf", args: [owner] }),
        allowanceOf: (owner: Address, spender: Address) =>
          client.readContract({ ...token, functionName: "allowance", args: [owner, spender] }),
        staked: (id: Hex) => client.readContract({ ...stakes, functionName: "staked", args: [id] }),
        async reward(id: Hex, epoch: bigint, amount: bigint): Promise<void> {
          const given = [id, epoch, amount] as const;
          await mined(client.writeContract({ ...stakes, ...asAnyone, functionName: "setReward", args: given }));
        },
        /** @param topUps who has staked may stake more */
        async terms(price: bigint, topUps = false): Promise<void> {
          const args = [price, topUps] as const;
          await mined(client.writeContract({ ...stakes, ...asAnyone, functionName: "setTerms", args }));
        },
        async lock(locked: boolean): Promise<void> {
          await mined(client.writeContract({ ...stakes, ...asAnyone, functionName: "setLocked", args: [locked] }));
        },
      };
    },
    /** A client of the chain itself, for what has no hand of its own here. */
    client,

    /** The RPC hangs: connections are taken and nothing is answered. */
    freeze: () => anvil.freeze(),
    thaw: () => anvil.thaw(),
    /** The RPC is gone: connections are refused. `up` brings it back with its state. */
    down: () => anvil.stop(),
    up: () => anvil.start(),
    stop: () => anvil.remove(),
  };
}

function gatewayId(who: Address, form: IdForm): Hex {
  if (form === "raw") return who;
  if (form === "upper") return stringToHex(`0x${who.slice(2).toUpperCase()}`);
  return stringToHex(form === "checksum" ? getAddress(who) : who);
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`not an address: ${text}`);
  return parsed;
}
