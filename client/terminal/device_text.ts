/** The devices of a hardened account, for people. */

import type { Style } from "../../cli/style.ts";
import { renderTable } from "../../cli/table.ts";
import type { DeviceInfo, Enrolment } from "../account_care.ts";
import { fingerprintLines } from "./contact_text.ts";
import { formatDate } from "./format.ts";
import { qrLines } from "./qr.ts";

/** The devices as a table, headers first. */
export function deviceLines(
  devices: readonly DeviceInfo[],
  { width, style }: { width: number; style: Style },
): string[] {
  const columns = [
    { header: "NUMBER", align: "right" },
    { header: "NAME", min: 6 },
    { header: "ADDED" },
    { header: " " },
  ] as const;
  const rows = devices.map(({ number, name, added, isThis }) => [
    String(number),
    name,
    formatDate(added).slice(0, 10),
    isThis ? "this one" : "",
  ]);
  return renderTable(columns, rows, { width, headerStyle: style.dim });
}

/** A code for one more device, and the same as a QR code where that fits. */
export async function enrolmentLines(
  { code }: Pick<Enrolment, "code">,
  { width, coloured }: { width: number; coloured: boolean },
): Promise<string[]> {
  return [
    "The code for the new device:",
    ...fingerprintLines(code, width - 2).map((line) => `  ${line}`),
    ...await qrLines(code, { width, coloured }) ?? [],
  ];
}
