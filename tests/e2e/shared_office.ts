/**
 * Offices for the end-to-end tests. Making keys and joining takes seconds, so it is done once for
 * all tests of a file; each test gets a copy, with a server of its own.
 */
import { Office, type OfficeOptions } from "../../tools/office.ts";

/** Who has joined in every office. */
export const USERS = ["alice", "bob", "carol"];

let template: Promise<Office> | null = null;

async function makeTemplate(): Promise<Office> {
  const office = await Office.open();
  // Removed when all tests of the file have run; the server is stopped long before.
  addEventListener("unload", () => Deno.removeSync(office.folder, { recursive: true }));
  await Promise.all(USERS.map((user) => office.join(user)));
  await office.stopServer();
  return office;
}

/** Runs `use` in an office of its own with {@linkcode USERS}, and takes it down whatever happens. */
export async function withOffice(
  use: (office: Office) => Promise<void>,
  options: OfficeOptions = {},
): Promise<void> {
  template ??= makeTemplate();
  const office = await Office.open({ ...options, copyOf: await template });
  try {
    await use(office);
  } finally {
    await office.close();
  }
}
