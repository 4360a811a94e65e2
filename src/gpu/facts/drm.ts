// The cards that the Linux kernel drives, in /sys/class/drm: what their drivers publish without any tool.
import type { Files } from "./source.ts";
import { figure, pciAddress, word } from "./values.ts";

export interface DrmCard {
  readonly pciAddress: string;
  /** From the machine's list of PCI names; the bare numbers ("1002:744c") where it has none. */
  readonly name: string;
  readonly driverVersion: string | undefined;
  /** A number in a file of the card; `undefined` when it is not there. */
  number(file: string): Promise<number | undefined>;
  text(file: string): Promise<string | undefined>;
  /** A number in a file of the card's sensors. */
  sensor(file: string): Promise<number | undefined>;
}

const ROOT = "/sys/class/drm";
const NAME_LISTS = ["/usr/share/hwdata/pci.ids", "/usr/share/misc/pci.ids"];

/** The cards of these kernel drivers; `undefined` when none of the drivers has one. */
export async function drmCards(files: Files, drivers: readonly string[]): Promise<DrmCard[] | undefined> {
  const names = (await files.list(ROOT)).filter((name) => /^card\d+$/.test(name));
  const found = await Promise.all(names.map((name) => drmCard(files, `${ROOT}/${name}`, drivers)));
  const cards = found.filter((card) => card !== undefined);
  return cards.length > 0 ? cards : undefined;
}

async function drmCard(files: Files, dir: string, drivers: readonly string[]): Promise<DrmCard | undefined> {
  const uevent = (await files.text(`${dir}/device/uevent`)) ?? "";
  const entry = (key: string) => new RegExp(`^${key}=(.+)$`, "m").exec(uevent)?.[1];
  const driver = entry("DRIVER");
  const address = pciAddress(entry("PCI_SLOT_NAME"));
  if (!driver || !drivers.includes(driver) || !address) return undefined;
  const text = (file: string) => files.text(`${dir}/${file}`);
  const number = async (file: string) => figure((await text(file))?.trim());
  const hwmon = (await files.list(`${dir}/device/hwmon`))[0];
  return {
    pciAddress: address,
    name: await pciName(files, (entry("PCI_ID") ?? "").toLowerCase()),
    driverVersion: word(await files.text(`/sys/module/${driver}/version`)),
    number,
    text,
    sensor: async (file) => (hwmon ? number(`device/hwmon/${hwmon}/${file}`) : undefined),
  };
}

/** "1002:744c" → "Navi 31 [Radeon RX 7900 XT/7900 XTX]". */
async function pciName(files: Files, id: string): Promise<string> {
  const [, vendor, device] = /^([\da-f]{4}):([\da-f]{4})$/.exec(id) ?? [];
  if (!vendor || !device) return "GPU";
  for (const list of NAME_LISTS) {
    const names = (await files.text(list)) ?? "";
    const from = names.search(new RegExp(`^${vendor}  `, "m"));
    if (from < 0) continue;
    const devices = names.slice(from).split(/\n(?=[^\t#\n])/, 1)[0] ?? "";
    const name = word(devices.split(`\n\t${device}  `)[1]?.split("\n")[0]);
    if (name) return name;
  }
  return id;
}
