/**
 * Which folder is which layer, and which layer may import which: the one table behind the lint
 * rules and the check of the import graph.
 */

/** A file of the project: its path from the project's root, with forward slashes. */
export interface Place {
  root: string;
  path: string;
}

export type Layer =
  | "main"
  | "server"
  | "client"
  | "cli"
  | "protocol"
  | "crypto"
  | "mailstore"
  | "tests"
  | "tools"
  | "bench";

/**
 * What a layer may import beside itself: whole layers, or single files where no more is wanted.
 * `mailstore` and `cli` are leaves: of crypto they know bytes and errors, and no secret.
 */
export const ALLOWED_IMPORTS: Record<Layer, readonly string[]> = {
  crypto: [],
  protocol: ["crypto"],
  mailstore: ["crypto/bytes.ts", "crypto/errors.ts"],
  cli: ["crypto/errors.ts"],
  client: ["protocol", "crypto", "cli"],
  server: ["protocol", "crypto", "mailstore", "cli"],
  main: ["server", "client", "cli", "crypto/errors.ts", "protocol/limits.ts"],
  tests: [
    ...["main", "server", "client", "cli", "protocol", "crypto", "mailstore"],
    ...["tools", "bench", "deno.json"],
  ],
  tools: ["main", "bench", "crypto", "protocol", "client", "cli", "server", "mailstore"],
  bench: ["tools", "crypto", "protocol", "client", "cli", "server", "mailstore"],
};

const ROOT = new URL("../", import.meta.url).pathname;

/** The place of an absolute file name or file: URL; null when it is outside the project. */
export function placeOf(fileName: string): Place | null {
  const path = fileName.startsWith("file:") ? new URL(fileName).pathname : fileName;
  const normal = decodeURIComponent(path).replaceAll("\\", "/");
  if (normal.startsWith(ROOT)) return { root: ROOT, path: normal.slice(ROOT.length) };
  return normal.startsWith("/") ? null : { root: ROOT, path: normal };
}

/** The layer of a file, or undefined for a file that belongs to none. */
export function layerOf(place: Place): Layer | undefined {
  if (place.path === "main.ts") return "main";
  const folder = place.path.split("/")[0] ?? "";
  return folder in ALLOWED_IMPORTS && folder !== "main" && place.path.includes("/")
    ? folder as Layer
    : undefined;
}

/** The file that a relative import names; null for packages and built-in modules. */
export function resolveImport(from: Place, specifier: string): Place | null {
  if (!specifier.startsWith("./") && !specifier.startsWith("../")) return null;
  const url = new URL(specifier, new URL(from.path, "file:///"));
  return { root: from.root, path: decodeURIComponent(url.pathname).slice(1) };
}
