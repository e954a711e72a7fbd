/** People who use a real server on loopback through the client's own API. */

import { ConfigStore } from "../../client/config_store.ts";
import { joinServer } from "../../client/join.ts";
import { login } from "../../client/login.ts";
import { Mailbox } from "../../client/mailbox.ts";
import type { ServerAddress } from "../../client/address.ts";
import type { UserRole } from "../../crypto/invite_grant.ts";
import { startTestServer, type TestServer } from "../server/harness.ts";

export const PASSWORD = "stapler-battery-horse-rain";

/** A temporary server and the configuration folder of every person. */
export class Office {
  /** The recovery code of everybody who has joined, by name. */
  readonly codes = new Map<string, string>();
  readonly #mailboxes: Mailbox[] = [];

  private constructor(readonly server: TestServer, readonly folder: string) {}

  static async open(config: Parameters<typeof startTestServer>[0] = {}): Promise<Office> {
    const server = await startTestServer({
      ...config,
      config: { maxConnections: 16, ...config.config },
    });
    return new Office(server, await Deno.makeTempDir({ prefix: "mailsec-people-" }));
  }

  get address(): ServerAddress {
    return { host: this.server.host, port: this.server.port };
  }

  configOf(name: string): ConfigStore {
    return new ConfigStore(`${this.folder}/${name}`);
  }

  /** An invite that names the address of this server, not the machine's public one. */
  async invite(name: string, options: { role?: UserRole } = {}): Promise<string> {
    const line = await this.server.invite(name, options);
    return line.replace(/@.*\//, `@${this.server.host}:${this.server.port}/`);
  }

  /** A new user, joined and logged in. */
  async join(name: string, options: { role?: UserRole } = {}): Promise<Mailbox> {
    const account = await joinServer({
      invite: await this.invite(name, options),
      password: PASSWORD,
      config: this.configOf(name),
      recovery: this.keepCode(name),
    });
    return this.#keep(new Mailbox(account));
  }

  /** Writes a user's recovery code down. */
  keepCode(name: string): (code: string) => Promise<void> {
    return (code) => {
      this.codes.set(name, code);
      return Promise.resolve();
    };
  }

  /** Another session of a user who has joined, from a folder of its own unless given. */
  async login(name: string, options: Partial<Parameters<typeof login>[0]> = {}): Promise<Mailbox> {
    const account = await login({
      address: this.address,
      user: name,
      password: PASSWORD,
      config: this.configOf(crypto.randomUUID()),
      confirmServer: () => Promise.resolve(true),
      ...options,
    });
    return this.#keep(new Mailbox(account));
  }

  #keep(mailbox: Mailbox): Mailbox {
    this.#mailboxes.push(mailbox);
    return mailbox;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const mailbox of this.#mailboxes) await mailbox.close();
    await this.server.stop();
    await Deno.remove(this.folder, { recursive: true });
  }
}
