/**
 * Tries everything that a compartment may be forbidden and reports, for each, the name of the error
 * or "allowed". Run by compartments_test.ts with the permissions of the real workers.
 */

const attempts: Record<string, (data: string) => unknown> = {
  readAnyFile: () => Deno.readFileSync("/etc/hosts"),
  readSource: () => Deno.readFileSync(new URL(import.meta.url)),
  writeAnyFile: () => Deno.writeTextFileSync("/tmp/mailsec-probe", ""),
  readData: (data) => Deno.readFileSync(`${data}/server.key`),
  writeData: (data) => Deno.writeTextFileSync(`${data}/probe`, ""),
  listen: () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  connect: () => Deno.connect({ hostname: "127.0.0.1", port: 9 }),
  fetch: () => fetch("http://127.0.0.1:8009/"),
  environment: () => Deno.env.get("HOME"),
  subprocess: () => new Deno.Command("true").outputSync(),
  hostname: () => Deno.hostname(),
  library: () => Deno.dlopen("libc.so.6", {}),
  morePermissions: () =>
    Deno.permissions.requestSync({ name: "read" }).state === "denied" && refuse(),
};

function refuse(): never {
  throw new Deno.errors.NotCapable();
}

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<string>) => void;
  postMessage(result: Record<string, string>): void;
};

scope.onmessage = async ({ data }) => {
  const result: Record<string, string> = {};
  for (const [name, attempt] of Object.entries(attempts)) {
    try {
      await attempt(data);
      result[name] = "allowed";
    } catch (error) {
      result[name] = (error as Error).name;
    }
  }
  scope.postMessage(result);
};
