/**
 * A real server on loopback, in this process, with a data folder of its own.
 *
 *     const server = await startTestServer();
 *     try { … server.invite("alice") … } finally { await server.stop(); }
 *
 * or `await using server = await startTestServer()`.
 */

import { inviteUser, type NewInvite, resetUser } from "../../server/admin/invites.ts";
import { type AdminOffice, withOffice } from "../../server/admin/office.ts";
import type { UserRole } from "../../crypto/invite_grant.ts";
import type { ServerConfig } from "../../server/config.ts";
import { createLog } from "../../server/log.ts";
import { type RunningServer, startServer, type TestSubstitutes } from "../../server/serve.ts";
import { makeDataFolder } from "./data.ts";

export interface TestServerOptions {
  /** A data folder to open; a new temporary one unless given. */
  readonly dataDir?: string;
  /** Settings other than the defaults. */
  readonly config?: Partial<ServerConfig>;
  /** See TestSubstitutes. */
  readonly test?: TestSubstitutes;
}

/** One line of the server's log. */
export interface LogLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

export class TestServer {
  readonly host = "127.0.0.1";
  readonly log: LogLine[];
  readonly #server: RunningServer;
  #ended = false;

  constructor(
    readonly dataDir: string,
    { server, log }: { server: RunningServer; log: LogLine[] },
  ) {
    this.#server = server;
    this.log = log;
  }

  get port(): number {
    return this.#server.address.port;
  }

  get info(): RunningServer["info"] {
    return this.#server.info;
  }

  /** Resolves when the server has ended; true: in good order. */
  get ended(): Promise<boolean> {
    return this.#server.ended;
  }

  /** An invite line for a new user, made as `mailsec user invite` makes it. */
  async invite(name: string, options: { role?: UserRole } = {}): Promise<string> {
    const { invite } = await this.office((office) =>
      inviteUser(office, name, { now: Date.now(), address: null, ...options })
    );
    return invite;
  }

  /** Takes an account back to invited, as `mailsec user reset` does. */
  reset(name: string): Promise<NewInvite> {
    return this.office((office) => resetUser(office, name, { now: Date.now(), address: null }));
  }

  /** What the administrator's command line does, beside the running server. */
  office<T>(work: (office: AdminOffice) => Promise<T>): Promise<T> {
    return withOffice(this.dataDir, work);
  }

  /** Lines of the log with this event. */
  logged(event: string): LogLine[] {
    return this.log.filter((line) => line.event === event);
  }

  /** Drains the server; its data folder stays, for another one to open. */
  async drain(): Promise<void> {
    if (!this.#ended) await this.#server.drain();
    this.#ended = true;
  }

  /** Drains the server and removes its data folder. May be called more than once. */
  async stop(): Promise<void> {
    await this.drain();
    await Deno.remove(this.dataDir, { recursive: true }).catch(() => {});
  }

  /** Ends the server in the middle of what it does; the data folder stays. */
  async kill(): Promise<void> {
    this.#ended = true;
    this.#server.kill();
    await this.#server.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const dataDir = options.dataDir ?? await makeDataFolder();
  const log: LogLine[] = [];
  const server = await startServer({
    config: {
      host: "127.0.0.1",
      port: 0,
      data: dataDir,
      maxConnections: 5,
      maxConnectionsPerUser: 3,
      maxMessageBytes: 32 * 1024 * 1024,
      publicAddress: null,
      keyPassphraseFile: null,
      log: "json",
      ...options.config,
    },
    log: createLog({
      format: "json",
      write: (line) => log.push(JSON.parse(line)),
      now: () => Date.now(),
    }),
    ...(options.test === undefined ? {} : { test: options.test }),
  });
  return new TestServer(dataDir, { server, log });
}
