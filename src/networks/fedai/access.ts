// Who is served: block, mute, allow and follow lists over keys, which let nobody in when nothing is said.
import { FedaiError } from "./errors.ts";
import type { FedaiSettings } from "./settings.ts";

type Who = Pick<FedaiSettings, "access" | "routers">;

export class Access {
  readonly #allowed: ReadonlySet<string>;
  readonly #closed: boolean;
  readonly #followed: ReadonlySet<string>;
  readonly #muted: ReadonlySet<string>;
  readonly #blocked: ReadonlySet<string>;

  /** @throws FedaiError when nobody could be told from a stranger */
  constructor(settings: Who) {
    const { access } = settings;
    this.#allowed = allowed(settings);
    this.#closed = isClosed(settings);
    this.#followed = new Set(access.follow);
    this.#muted = new Set(access.mute);
    this.#blocked = new Set(access.block);
    if (!this.isClosed() && !access.open) {
      throw new FedaiError("access-not-set", 500, "networks.fedai does not say who may call", {
        hint: "Give routers[].key, access.allow or access.follow; or set access.open: true to serve every stranger.",
      });
    }
  }

  /** Whether strangers are kept out. */
  isClosed(): boolean {
    return this.#closed;
  }

  /** Why this key is not served; the order is the wire's. @param pubkey hex */
  refusal(pubkey: string): FedaiError | undefined {
    if (this.#blocked.has(pubkey)) return refused("router-blocked", 403);
    if (this.#muted.has(pubkey)) return refused("router-muted", 403);
    if (this.#allowed.size > 0 && !this.#allowed.has(pubkey)) return refused("router-not-allowed", 401);
    if (this.#followed.size > 0 && !this.#followed.has(pubkey)) return refused("router-not-followed", 403);
    return undefined;
  }
}

/** Whether it is said who may call. */
export function isClosed(settings: Who): boolean {
  return allowed(settings).size + settings.access.follow.length > 0;
}

function allowed({ access, routers }: Who): ReadonlySet<string> {
  return new Set([...access.allow, ...routers.flatMap(({ key }) => (key === undefined ? [] : [key]))]);
}

function refused(word: string, status: number): FedaiError {
  return new FedaiError(word, status, "this key is not served");
}
