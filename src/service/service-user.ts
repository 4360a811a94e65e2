// Who runs the service: the owner of the home, since nobody else may use the key in it.
import { statSync } from "node:fs";
import { type Account, NOBODY } from "./access.ts";
import { ServiceError } from "./errors.ts";
import type { Service } from "./manager.ts";

export interface ServiceUser {
  readonly user: Service["user"];
  /** Whose the files in the home are. */
  readonly owner: Account;
  /** Who reads what lies elsewhere. */
  readonly reader: Account;
}

export interface Users {
  /** undefined: there is no such user. */
  byName(name: string): Promise<Account | undefined>;
  nameOf(uid: number): Promise<string | undefined>;
}

/** What systemd gives to dynamic users. */
const DYNAMIC = { first: 61_184, last: 65_519 };
const STATE = /^\/var\/lib\/([A-Za-z0-9][A-Za-z0-9_.-]*)$/;
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*\$?$/;

/**
 * For a service of the whole machine.
 * @param wanted what --user said
 * @throws ServiceError service_user_unknown, service_home_of_other
 */
export async function serviceUser(
  home: string,
  wanted: string | undefined,
  dynamicUsers: boolean,
  users: Users,
  ownerOf = (path: string) => statSync(path).uid,
): Promise<ServiceUser> {
  const uid = ownerOf(home);
  const state = STATE.exec(home)?.[1];
  const handedOver = uid === 0 || (uid >= DYNAMIC.first && uid <= DYNAMIC.last);
  if (wanted === undefined && dynamicUsers && state !== undefined && handedOver)
    return { user: { state }, owner: { uid, gids: [] }, reader: NOBODY };
  if (wanted === undefined && uid === 0) throw ofRoot(home, dynamicUsers);
  const name = wanted ?? (await users.nameOf(uid));
  const account = name !== undefined && NAME.test(name) ? await users.byName(name) : undefined;
  if (name === undefined || !account) throw unknownUser(name ?? `uid ${uid}`);
  if (account.uid !== uid) throw ofAnother(home, name);
  return { user: { name }, owner: account, reader: account };
}

function ofRoot(home: string, dynamicUsers: boolean): ServiceError {
  const way = dynamicUsers
    ? `Move it to /var/lib/fxn and give --home /var/lib/fxn: systemd then makes a user for it. Or `
    : "";
  return new ServiceError(
    "service_home_of_other",
    `${home} belongs to root, and a node that strangers call is not to run as root`,
    `${way}${way ? "g" : "G"}ive it to a user: chown -R NAME ${home}. With sudo, --home ~/.fxn names your own.`,
  );
}

function ofAnother(home: string, name: string): ServiceError {
  return new ServiceError(
    "service_home_of_other",
    `${home} does not belong to ${name}, who could not use the key in it`,
    `chown -R ${name} ${home}`,
  );
}

function unknownUser(name: string): ServiceError {
  return new ServiceError(
    "service_user_unknown",
    `There is no user "${name}"`,
    "Make one, or name another: --user NAME",
  );
}
