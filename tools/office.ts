/**
 * A whole installation in a temporary folder, made of the program's own commands as child
 * processes: a server on a free port of this machine, and users with a client folder each. The
 * end-to-end tests, the demo, the benchmarks and the crash test all stand on it.
 */
import { ConfigStore } from "../client/config_store.ts";
import { Child, type ChildOptions, type Finished, runToEnd } from "./child.ts";
import { PROJECT_ROOT, V8_FLAGS } from "./project.ts";

/** How to start mailsec: the executable that MAILSEC_EXE names, or else this source. */
export function mailsecCommand(): string[] {
  const executable = Deno.env.get("MAILSEC_EXE");
  if (executable !== undefined && executable !== "") return [executable];
  const flags = [
    "-q",
    V8_FLAGS,
    "--no-prompt",
    "--config",
    `${PROJECT_ROOT}/deno.json`,
    "-P=mailsec",
  ];
  return [Deno.execPath(), "run", ...flags, `${PROJECT_ROOT}/main.ts`];
}

export interface OfficeOptions {
  /** Starts as a copy of this office (whose server must be stopped): its users have joined. */
  copyOf?: Office;
  /** More arguments of `mailsec serve`. */
  serve?: string[];
  /** Called with every command line, without the account's options, before it runs. */
  onCommand?: (args: string[], user: string | undefined) => void;
}

export interface RunOptions extends ChildOptions {
  /** Run with the account of this user, who has joined. */
  user?: string;
}

/** A port of the loopback address that was free a moment ago. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

export class Office {
  readonly folder: string;
  readonly port: number;
  server: Child | null = null;
  readonly #options: OfficeOptions;
  /** What runs and was started here, the server included. */
  readonly #running = new Set<Child>();
  #closed = false;

  private constructor(folder: string, options: OfficeOptions) {
    this.folder = folder;
    this.port = freePort();
    this.#options = options;
  }

  /** Makes the folder; no server runs yet. */
  static async create(options: OfficeOptions = {}): Promise<Office> {
    const office = new Office(await Deno.makeTempDir({ prefix: "mailsec-office-" }), options);
    if (options.copyOf !== undefined) await office.#copy(options.copyOf);
    else await Deno.mkdir(`${office.folder}/home`);
    return office;
  }

  /** Makes the folder and starts the server; resolves when it listens. */
  static async open(options: OfficeOptions = {}): Promise<Office> {
    const office = await Office.create(options);
    try {
      await office.startServer();
    } catch (error) {
      await office.close();
      throw error;
    }
    return office;
  }

  get data(): string {
    return `${this.folder}/data`;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The environment of every command: a home of its own, the caches of the machine. */
  get env(): Record<string, string> {
    const home = Deno.env.get("HOME") ?? "/";
    return {
      HOME: `${this.folder}/home`,
      XDG_CACHE_HOME: Deno.env.get("XDG_CACHE_HOME") ?? `${home}/.cache`,
      XDG_CONFIG_HOME: `${this.folder}/home/.config`,
      NO_COLOR: "1",
    };
  }

  async startServer(more: string[] = []): Promise<void> {
    const args = [
      ...["serve", "--host", "127.0.0.1", "--port", String(this.port), "--data", this.data],
      ...["--public-address", this.address, ...this.#options.serve ?? [], ...more],
    ];
    this.server = this.start(args);
    await this.server.waitFor("stderr", /listening on \S+/);
  }

  /** Sends the server a signal and waits for its end. */
  async stopServer(signal: Deno.Signal = "SIGTERM"): Promise<Finished> {
    const { server } = this;
    if (server === null) throw new Error("the server is not running");
    server.kill(signal);
    this.server = null;
    return await server.finished;
  }

  /** Starts a command and does not wait for its end. */
  start(args: string[], options: RunOptions = {}): Child {
    this.#assertOpen();
    this.#options.onCommand?.(args, options.user);
    const account = options.user === undefined ? [] : this.account(options.user);
    const child = new Child([...mailsecCommand(), ...args, ...account], {
      ...options,
      cwd: options.cwd ?? this.folder,
      env: { ...this.env, ...options.env },
    });
    this.#running.add(child);
    child.finished.finally(() => this.#running.delete(child));
    return child;
  }

  /** Runs a command to its end. */
  run(args: string[], options: RunOptions = {}): Promise<Finished> {
    return this.start(args, options).finished;
  }

  /** Runs a command that must succeed; returns what it wrote to stdout. */
  async must(args: string[], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options);
    if (code !== 0) throw new Error(`mailsec ${args.join(" ")}: exit ${code}\n${stdout}${stderr}`);
    this.#assertOpen();
    return stdout;
  }

  /** The options that say who runs a command. */
  account(user: string): string[] {
    return [
      ...["--server", this.address, "--user", user],
      ...["--password-file", this.passwordFile(user), "--config", this.configFolder(user)],
    ];
  }

  /** A password that the policy accepts. */
  password(user: string): string {
    return `tundra violin ${user} marzipan orbit gasket`;
  }

  passwordFile(user: string): string {
    return `${this.folder}/${user}.password`;
  }

  /** Where the recovery code of a user who has joined is. */
  recoveryFile(user: string): string {
    return `${this.folder}/${user}.recovery`;
  }

  configFolder(user: string): string {
    return `${this.folder}/client-${user}`;
  }

  /** The invite line for a user, made on the server's machine. */
  async invite(user: string, ...more: string[]): Promise<string> {
    return (await this.must(["user", "invite", user, "--data", this.data, ...more])).trim();
  }

  /** Invites a user and lets the user join. */
  async join(user: string, ...more: string[]): Promise<void> {
    const invite = await this.invite(user, ...more);
    await Deno.writeTextFile(this.passwordFile(user), this.password(user) + "\n", { mode: 0o600 });
    const account = ["--password-file", this.passwordFile(user)];
    const recovery = ["--recovery-file", this.recoveryFile(user)];
    await this.must(["join", invite, "--config", this.configFolder(user), ...account, ...recovery]);
  }

  /** Takes over another office's files, and lets its users know the server at the new address. */
  async #copy(from: Office): Promise<void> {
    const { code, stderr } = await runToEnd(["cp", "-R", `${from.folder}/.`, this.folder]);
    if (code !== 0) throw new Error(`cp: ${stderr}`);
    for await (const { name } of Deno.readDir(this.folder)) {
      if (!name.startsWith("client-")) continue;
      const config = new ConfigStore(`${this.folder}/${name}`);
      const pinned = await config.pinnedServer({ host: "127.0.0.1", port: from.port });
      if (pinned !== null) await config.pinServer({ host: "127.0.0.1", port: this.port }, pinned);
    }
  }

  /** What goes on after its end would leave children and files behind. */
  #assertOpen(): void {
    if (this.#closed) throw new Error("the office is closed");
  }

  /** Ends whatever still runs and removes the folder. */
  async close(): Promise<void> {
    this.#closed = true;
    const running = [...this.#running];
    for (const child of running) child.kill("SIGKILL");
    await Promise.all(running.map((child) => child.finished));
    this.server = null;
    await Deno.remove(this.folder, { recursive: true });
  }
}
