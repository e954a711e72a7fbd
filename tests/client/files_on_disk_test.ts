/** What somebody gets who steals a client's disk; the table is in docs/threat_model.md. */

import { assertEquals, assertGreater } from "@std/assert";
import { toBase64Url, toHex } from "../../crypto/bytes.ts";
import { joinServer } from "../../client/join.ts";
import { Mailbox } from "../../client/mailbox.ts";
import { scanForPlaintext } from "../../tools/plaintext_scan.ts";
import { Office, PASSWORD } from "./people.ts";

const TITLE = "Invitation to a croquet ground";
const BODY = "The Queen has commanded everybody to play with flamingos.";

/** Every kind of file that there may be, and the fields of those that are JSON. */
const FILES: Record<string, string[] | null> = {
  "last.json": ["host", "port", "user"],
  "servers/HOST_PORT.json": ["realm", "rootFingerprint", "seq"],
  "accounts/USER_MARK.json": ["revision"],
  "accounts/USER_MARK.lock": null,
  "devices/REALM_USER.json": ["name", "secret", "slot"],
  "tickets/REALM_USER.json": ["ticket"],
  "logs/REALM.json": ["bytes", "note", "peaks", "root", "size"],
  "logs/REALM.leaves": null,
  "logs/REALM.lock": null,
};

/** A file's name with what differs from user to user replaced. */
function kindOf(path: string): string {
  return path
    .replace(/^servers\/[^_/]+_\d+\.json$/, "servers/HOST_PORT.json")
    .replace(/^accounts\/[a-z-]+_[0-9a-f]{32}\./, "accounts/USER_MARK.")
    .replace(/^(devices|tickets)\/[0-9a-f]{16}_[a-z-]+\./, "$1/REALM_USER.")
    .replace(/^logs\/[0-9a-f]{16}\./, "logs/REALM.");
}

async function* filesIn(folder: string, prefix = ""): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* filesIn(`${folder}/${name}`, `${prefix}${name}/`);
    else yield prefix + name;
  }
}

Deno.test("files on disk: they are those of the table, the user's alone, with the fields it names", async () => {
  await using office = await Office.open();
  const alice = await office.join("alice");
  await alice.send({ to: ["alice"], title: TITLE, body: BODY });
  await alice.care.harden("desk");
  const { directory } = office.configOf("alice");
  const found: Record<string, string[] | null> = {};
  for await (const path of filesIn(directory)) {
    const file = `${directory}/${path}`;
    assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600, path);
    const isJson = path.endsWith(".json");
    found[kindOf(path)] = isJson
      ? Object.keys(JSON.parse(await Deno.readTextFile(file))).sort()
      : null;
    if (path.endsWith(".lock")) assertEquals((await Deno.stat(file)).size, 0, path);
  }
  assertEquals(found, FILES);
});

Deno.test("files on disk: no key, password, code or mail is in them", async () => {
  await using office = await Office.open();
  const config = office.configOf("white-rabbit");
  const account = await joinServer({
    invite: await office.invite("white-rabbit"),
    password: PASSWORD,
    config,
    recovery: office.keepCode("white-rabbit"),
  });
  const rabbit = new Mailbox(account);
  try {
    await rabbit.send({ to: ["white-rabbit"], title: TITLE, body: BODY });
    assertEquals((await rabbit.read(1)).body, { kind: "text", text: BODY });
    await rabbit.care.harden("desk");
    const key = account.keys.bundleKey;
    const code = office.codes.get("white-rabbit")!;
    const secrets = [TITLE, BODY, PASSWORD, code, toHex(key), toBase64Url(key)];
    assertEquals((await scanForPlaintext(config.directory, secrets)).hits, []);
    // Names are no secret there: the copy of the log has everybody's.
    const { hits } = await scanForPlaintext(config.directory, ["white-rabbit"]);
    assertGreater(hits.length, 0);
  } finally {
    await rabbit.close();
  }
});
