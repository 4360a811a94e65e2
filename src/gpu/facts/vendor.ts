// Whose card it is, from how operating systems name its maker and model.
import type { GpuVendor } from "../../core/gpu.ts";

/** "sppci_vendor_amd", "AMD (0x1002)", "Advanced Micro Devices, Inc.", "Apple", or only the model's name. */
const VENDORS: readonly (readonly [GpuVendor, RegExp])[] = [
  ["apple", /apple|0x106b/i],
  ["nvidia", /nvidia|geforce|quadro|0x10de/i],
  ["amd", /amd\b|\bati\b|advanced micro devices|radeon|firepro|0x1002/i],
  ["intel", /intel\b|0x8086/i],
];

/** `undefined` for all others: the display adapters of virtual machines and servers compute nothing. */
export function vendorOf(text: string): GpuVendor | undefined {
  return VENDORS.find(([, known]) => known.test(text))?.[0];
}
