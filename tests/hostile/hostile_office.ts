/** People on a server that lies, each with a folder of their own; and what they are told. */

import { assert, assertMatch, assertRejects } from "@std/assert";
import { MailsecError } from "../../crypto/errors.ts";
import type { Account } from "../../client/account.ts";
import { ConfigStore } from "../../client/config_store.ts";
import { joinServer } from "../../client/join.ts";
import type { Evidence } from "../../client/key_log/types.ts";
import { login } from "../../client/login.ts";
import { Mailbox } from "../../client/mailbox.ts";
import { HostileServer } from "./hostile_server.ts";

export const PASSWORD = "stapler-battery-horse-rain";

/** Somebody who is logged in. */
export interface Person {
  readonly name: string;
  readonly account: Account;
  readonly box: Mailbox;
  readonly config: ConfigStore;
}

export class HostileOffice {
  readonly #open: Mailbox[] = [];

  private constructor(readonly server: HostileServer, readonly folder: string) {}

  /** A server on which these people have joined, while it was honest. */
  static async open(): Promise<HostileOffice> {
    const folder = await Deno.makeTempDir({ prefix: "mailsec-hostile-" });
    return new HostileOffice(await HostileServer.open(), folder);
  }

  configOf(name: string): ConfigStore {
    return new ConfigStore(`${this.folder}/${name}`);
  }

  /** A new user, joined and logged in. */
  async join(name: string, line?: string): Promise<Person> {
    const config = this.configOf(name);
    const account = await joinServer({
      invite: line ?? await this.server.invite(name),
      password: PASSWORD,
      config,
      recovery: () => Promise.resolve(),
    });
    return this.#keep({ name, account, config });
  }

  /** Another session; on a new device, unless the folder of one is given. */
  async login(name: string, config = this.configOf(crypto.randomUUID())): Promise<Person> {
    const account = await login({
      address: this.server.address,
      user: name,
      password: PASSWORD,
      config,
      confirmServer: () => Promise.resolve(true),
    });
    return this.#keep({ name, account, config });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Whoever says goodbye is to be answered, whatever was said before.
    this.server.behave();
    for (const box of this.#open) await box.close();
    await this.server[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }

  #keep(person: Omit<Person, "box">): Person {
    const box = new Mailbox(person.account);
    this.#open.push(box);
    return { ...person, box };
  }
}

/** Sends a mail without more ado. */
export function write(from: Person, to: string, title = "secret"): Promise<unknown> {
  return from.box.send({ to: [to], title, body: "" });
}

/**
 * What somebody is told when something does not go: a sentence, what to do, and nothing that only a
 * programmer understands.
 */
export async function told(work: () => Promise<unknown>): Promise<MailsecError> {
  const error = await assertRejects(work, MailsecError);
  assertSentence(error.message);
  assert(error.hint !== undefined, `${error.code}: nothing says what to do`);
  assertSentence(error.hint);
  return error;
}

function assertSentence(text: string): void {
  // A name at its beginning is in lower case.
  assertMatch(text, /^[A-Za-z0-9"][^]*[.?)]$/);
  assert(!/\bat \S+:\d+:\d+|undefined|\[object|NaN|Error:/.test(text), text);
}

/** Evidence of that kind, kept on the disk of the device; one at least. */
export async function evidenceOf(
  { account, config, name }: Person,
  code: Evidence["code"],
): Promise<Evidence[]> {
  const { evidence } = config.keyLog({ realm: account.realm, user: name });
  const found = (await evidence.all()).filter((item) => item.code === code);
  assert(found.length > 0, `no evidence of ${code} was kept`);
  for (const { message, hint } of found) {
    assertSentence(message);
    assertSentence(hint);
  }
  return found;
}
