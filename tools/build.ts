/**
 * `deno task build [--output FILE] [--target TRIPLE]`: one executable, dist/mailsec.
 *
 * The program is bundled and checked; then `deno compile` puts it behind a runtime base that it
 * downloads (or takes from DENORT_BIN). Where that cannot be had, this says so and makes a
 * self-extracting executable from the same bundle and the runtime that runs this task.
 *
 * The bundle is made here and not by `deno compile --bundle`, so that both kinds of executable
 * carry the same files and the checks look at exactly what is shipped.
 */
import { parseArgs } from "@std/cli/parse-args";
import { bundle, type BundledFile, checkBundle, WORKERS } from "./bundle.ts";
import {
  permissionFlags,
  PROJECT_ROOT,
  type ProjectConfig,
  readProjectConfig,
  V8_FLAGS,
} from "./project.ts";
import { selfExtracting } from "./self_extracting.ts";

interface Build {
  config: ProjectConfig;
  /** Folder that holds the bundle. */
  folder: string;
  program: BundledFile[];
  output: string;
  target: string;
}

/** Compiles the bundle. False when only the runtime base was missing; throws on other failures. */
async function compile(build: Build): Promise<boolean> {
  const configFile = `${build.folder}.json`;
  const { permissions, unstable } = build.config;
  await Deno.writeTextFile(configFile, JSON.stringify({ unstable, permissions }));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["compile", "--no-prompt", "--no-check", "--no-lock", "--config", configFile],
      ...["-P=mailsec", V8_FLAGS, "--app-name", "mailsec", "--target", build.target],
      ...WORKERS.flatMap((worker) => ["--include", `${build.folder}/${worker}`]),
      ...["--output", build.output, `${build.folder}/main.js`],
    ],
    env: { NO_COLOR: "1" },
    stderr: "piped",
  }).output();
  await Deno.remove(configFile);
  const output = new TextDecoder().decode(stderr);
  if (success) return true;
  if (/denort|base binary/.test(output)) return false;
  throw new Error(`deno compile failed:\n${output}`);
}

async function makeSelfExtracting(build: Build): Promise<void> {
  const head = await Deno.readTextFile(`${PROJECT_ROOT}/tools/unpack_head.sh`);
  const bytes = selfExtracting({
    version: build.config.version,
    target: build.target,
    runtime: await Deno.readFile(Deno.execPath()),
    program: build.program,
    flags: [
      V8_FLAGS,
      ...permissionFlags(build.config.permissions.mailsec),
      ...build.config.unstable.map((feature) => `--unstable-${feature}`),
    ],
    head,
  });
  await Deno.writeFile(build.output, bytes, { mode: 0o755 });
}

async function sizeOf(path: string): Promise<number> {
  return (await Deno.stat(path)).size;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

async function prepare(): Promise<Build> {
  const args = parseArgs(Deno.args, {
    string: ["output", "target"],
    default: { output: `${PROJECT_ROOT}/dist/mailsec`, target: Deno.build.target },
  });
  const folder = `${PROJECT_ROOT}/dist/bundle`;
  await Deno.mkdir(`${PROJECT_ROOT}/dist`, { recursive: true });
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  const program = await bundle(PROJECT_ROOT, folder);
  const problems = checkBundle(program);
  if (problems.length > 0) throw new Error(`the bundle is wrong:\n${problems.join("\n")}`);
  const size = program.reduce((sum, file) => sum + file.bytes.length, 0);
  console.log(`bundle: ${program.length} files, ${megabytes(size)}, all workers, no test code`);
  const config = await readProjectConfig();
  return { config, folder, program, output: args.output, target: args.target };
}

async function main(): Promise<number> {
  const build = await prepare();
  // deno compile refuses to write over a file that it did not make.
  await Deno.remove(build.output).catch(() => {});
  if (await compile(build)) {
    console.log(`${build.output}: ${megabytes(await sizeOf(build.output))}, compiled`);
    return 0;
  }
  if (build.target !== Deno.build.target || Deno.build.os === "windows") {
    console.error(`The runtime base for ${build.target} cannot be downloaded here.`);
    return 1;
  }
  console.log("The runtime base cannot be downloaded here: making a self-extracting executable.");
  await makeSelfExtracting(build);
  const [runtime, size] = [await sizeOf(Deno.execPath()), await sizeOf(build.output)];
  console.log(
    `${build.output}: ${megabytes(size)}, self-extracting, runtime ${megabytes(runtime)} unpacked`,
  );
  return 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    console.error(`build: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
