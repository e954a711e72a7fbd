/** Somebody who records every byte on the network between people and their server. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { type Bytes, concat, toHex } from "../../crypto/bytes.ts";
import { parseRecoveryCode } from "../../crypto/recovery_code.ts";
import { recoverAccount } from "../../client/recover.ts";
import { scanForPlaintext } from "../../tools/plaintext_scan.ts";
import { Office, PASSWORD } from "../client/people.ts";

const NAMES = ["alice-in-wonderland", "white-rabbit"] as const;
const TITLE = "Invitation to a croquet ground";
const SENTENCE = "The Queen has commanded everybody to play with flamingos.";
const NEW_PASSWORD = "curiouser and curiouser, cried she";
const DEVICE = "laptop of the rabbit hole";

/** A way to listen on which all that comes and goes is written down, each direction of each connection. */
function tapped(recorded: Bytes[][]) {
  return ({ host, port }: { host: string; port: number }): Deno.TcpListener => {
    const listener = Deno.listen({ hostname: host, port });
    const accept = listener.accept.bind(listener);
    listener.accept = async () => {
      const conn = await accept();
      const [sent, received]: [Bytes[], Bytes[]] = [[], []];
      recorded.push(sent, received);
      const [read, write] = [conn.read.bind(conn), conn.write.bind(conn)];
      conn.read = async (buffer) => {
        const length = await read(buffer);
        if (length !== null) sent.push(buffer.slice(0, length));
        return length;
      };
      conn.write = async (bytes) => {
        const length = await write(bytes);
        received.push(bytes.slice(0, length));
        return length;
      };
      return conn;
    };
    return listener;
  };
}

/** Joining, mail both ways, and every change of an account. Gives all that must stay secret. */
async function useOffice(office: Office): Promise<string[]> {
  const alice = await office.join(NAMES[0], { role: "admin" });
  const invited = await alice.care.inviteUser({ user: "mad-hatter" });
  const rabbit = await office.join(NAMES[1]);
  const body = `${SENTENCE}\n`.repeat(2000);
  await alice.send({ to: [NAMES[1]], title: TITLE, body });
  assertEquals((await rabbit.read(1)).body, { kind: "text", text: body });
  await rabbit.care.changePassword({ current: PASSWORD, next: NEW_PASSWORD });
  await rabbit.care.rotateKeys();
  await rabbit.care.harden(DEVICE);
  await rabbit.close();
  const code = office.codes.get(NAMES[1])!;
  const recovered = await recoverAccount({
    address: office.address,
    user: NAMES[1],
    code: parseRecoveryCode(code),
    password: PASSWORD + PASSWORD,
    config: office.configOf("another machine"),
    confirmServer: () => Promise.resolve(true),
  });
  await recovered.close();
  const invite = invited.invite.split("/").at(-1)!;
  const names = [...NAMES, "mad-hatter", DEVICE];
  return [...names, TITLE, SENTENCE, PASSWORD, NEW_PASSWORD, code, invite];
}

Deno.test("eavesdropper: what is recorded has no name, mail, password or code", async () => {
  const recorded: Bytes[][] = [];
  const folder = await Deno.makeTempDir({ prefix: "mailsec-wire-" });
  try {
    let secrets: string[];
    let realm: string;
    {
      await using office = await Office.open({ test: { listen: tapped(recorded) } });
      secrets = await useOffice(office);
      const pinned = await office.configOf(NAMES[0]).pinnedServer(office.address);
      realm = pinned!.realm;
    }
    for (const [index, pieces] of recorded.entries()) {
      await Deno.writeFile(`${folder}/${index}`, concat(...pieces));
    }
    const { bytes, hits } = await scanForPlaintext(folder, secrets);
    assertGreater(bytes, 100_000);
    assertEquals(hits, []);
    // What is not secret is found: the server's own record goes in clear.
    const inClear = recorded.some((pieces) => toHex(concat(...pieces)).includes(realm));
    assert(inClear, "nothing was recorded that could be read");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
