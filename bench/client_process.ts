import { PROJECT_ROOT } from "../tools/project.ts";
import type { ClientOptions, Task, Timing } from "./client_protocol.ts";

/** A client in a process of its own, driven by lines of JSON. */
export class ClientProcess {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  private constructor(options: ClientOptions) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-q", "--no-prompt", "-P=test", "--config", `${PROJECT_ROOT}/deno.json`],
        ...[`${PROJECT_ROOT}/bench/client.ts`, JSON.stringify(options)],
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#reader = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Starts the process; resolves when it has logged in. */
  static async start(options: ClientOptions): Promise<ClientProcess> {
    const client = new ClientProcess(options);
    await client.#answer();
    return client;
  }

  get pid(): number {
    return this.#process.pid;
  }

  async run(task: Task): Promise<Timing> {
    await this.#writer.write(new TextEncoder().encode(JSON.stringify(task) + "\n"));
    return JSON.parse(await this.#answer()) as Timing;
  }

  async close(): Promise<void> {
    await this.run({ do: "close" });
    await this.#writer.close();
    await this.#process.status;
  }

  async #answer(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      const { value, done } = await this.#reader.read();
      if (done) throw new Error("a client of the benchmark ended too early");
      this.#text += value;
    }
  }
}
