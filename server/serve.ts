/** A running server: the data folder prepared, the vault open, the front door listening. */

import {
  HANDSHAKE_TIMEOUT_MS,
  IDLE_TIMEOUT_MS,
  MAX_BODY_BYTES,
  MAX_RECIPIENTS,
} from "../protocol/limits.ts";
import { type HostPort, hostPort, isLoopback } from "./address.ts";
import type { ServerConfig } from "./config.ts";
import { dataPaths, prepareDataFolder, writeAddress } from "./data_folder.ts";
import { ListenError } from "./errors.ts";
import { FrontDoor, type Timeouts } from "./front_door.ts";
import type { Log } from "./log.ts";
import { type SessionWorker, startSessionWorker } from "./session_workers.ts";
import type { VaultInfo } from "./vault/vault.ts";
import { VaultLink } from "./vault_link.ts";

export interface ServeOptions {
  readonly config: ServerConfig;
  readonly log: Log;
  /** For the key file, if it is sealed or is to be. Apart from the settings, which are shown. */
  readonly keyPassphrase?: string | null;
  /** What tests replace; no setting and nothing on the network reaches it. */
  readonly test?: TestSubstitutes;
}

export interface TestSubstitutes {
  /** The worker that reads what strangers send, misbehaving as the test wants. */
  readonly startWorker?: () => SessionWorker;
  /** Where connections come from. */
  readonly listen?: (config: ServerConfig) => Deno.TcpListener;
  readonly timeouts?: Timeouts;
}

/** A server that accepts connections. */
export interface RunningServer {
  readonly info: VaultInfo;
  /** Where it listens. */
  readonly address: HostPort;
  /** What invites name. */
  readonly publicAddress: HostPort;
  /** Ends it in good order: see FrontDoor.drain. Resolves when the store is closed. */
  drain(): Promise<void>;
  /** Ends it in the middle of whatever it does. */
  kill(): void;
  /** Resolves when it has ended; true: in good order. */
  readonly ended: Promise<boolean>;
}

/**
 * Starts a server.
 *
 * @throws {DataFolderError|StoreError} from the data folder
 * @throws {ListenError}
 */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const { config, log, test } = options;
  const paths = dataPaths(config.data);
  prepareDataFolder(paths);
  const { vault, info } = await VaultLink.open({
    data: config.data,
    maxSessions: config.maxConnections,
    maxSessionsPerUser: config.maxConnectionsPerUser,
    maxMessageBytes: config.maxMessageBytes,
    keyPassphrase: options.keyPassphrase ?? null,
  }, log);
  let listener: Deno.TcpListener;
  try {
    listener = (test?.listen ?? listen)(config);
  } catch (error) {
    await vault.close();
    throw error;
  }
  const address = hostPort(config.host, listener.addr.port);
  const publicAddress = config.publicAddress ?? defaultPublicAddress(address);
  writeAddress(paths, publicAddress);
  const door = new FrontDoor({
    listener,
    vault,
    log,
    maxSessions: config.maxConnections,
    limits: {
      maxBodyBytes: MAX_BODY_BYTES,
      maxMessageBytes: config.maxMessageBytes,
      maxRecipients: MAX_RECIPIENTS,
      idleSeconds: IDLE_TIMEOUT_MS / 1000,
    },
    timeouts: test?.timeouts ??
      { handshakeMs: HANDSHAKE_TIMEOUT_MS, idleMs: IDLE_TIMEOUT_MS },
    poolSize: navigator.hardwareConcurrency,
    startWorker: test?.startWorker ?? startSessionWorker,
  });
  const ended = Promise.withResolvers<boolean>();
  void door.closed.then(() => vault.close()).then(() => ended.resolve(!vault.crashed));
  return {
    info,
    address,
    publicAddress,
    ended: ended.promise,
    async drain() {
      await door.drain();
      await ended.promise;
    },
    kill() {
      vault.terminate();
      door.close();
      ended.resolve(false);
    },
  };
}

function listen({ host, port }: ServerConfig): Deno.TcpListener {
  try {
    return Deno.listen({ hostname: host, port });
  } catch (error) {
    const where = hostPort(host, port).text;
    if (error instanceof Deno.errors.AddrInUse) {
      throw new ListenError(`Something else is listening on ${where}.`, {
        hint: "Choose another port with --port, or 0 for a free one.",
        cause: error,
      });
    }
    const reason = error instanceof Error ? error.message : "unknown reason";
    throw new ListenError(`Listening on ${where} failed: ${reason}`, { cause: error });
  }
}

/** The machine's name, unless the server can be reached from this machine only. */
function defaultPublicAddress(address: HostPort): HostPort {
  return isLoopback(address.host) ? address : hostPort(Deno.hostname(), address.port);
}
