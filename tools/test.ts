/**
 * `deno task test [--only-tests] [FILE…]`: the one command that checks everything. Runs every step even when one
 * before it failed, and ends with one plain line, `N passed, N failed` (and `, N skipped` where
 * there are any): the tests' numbers, where every other step that failed counts as one more
 * failure. Exits 1 when anything failed. With FILEs (or folders) only those tests run, and with
 * `--only-tests` no other step does.
 */
import { countTests, plainLine, type TestCount } from "./test_count.ts";

interface Step {
  name: string;
  args: string[];
}

const STEPS: Step[] = [
  { name: "format", args: ["fmt", "--check"] },
  { name: "lint", args: ["lint"] },
  { name: "layers", args: ["run", "--no-prompt", "-P=test", "tools/check_layers.ts"] },
  { name: "types", args: ["check", "--frozen", "."] },
];

function testStep(files: string[]): Step {
  return {
    name: "tests",
    args: ["test", "-P", "--no-prompt", "--parallel", "--no-check", ...files],
  };
}

/** Runs one step, showing its output as it comes; returns its exit code and all it printed. */
async function run(step: Step): Promise<{ code: number; output: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: step.args,
    cwd: new URL("../", import.meta.url),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: Deno.stdout.isTerminal() ? {} : { NO_COLOR: "1" },
  }).spawn();
  const [stdout, stderr, status] = await Promise.all([
    showAndKeep(child.stdout),
    showAndKeep(child.stderr),
    child.status,
  ]);
  return { code: status.code, output: stdout + stderr };
}

async function showAndKeep(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  for await (const chunk of stream) {
    Deno.stdout.writeSync(chunk);
    pieces.push(decoder.decode(chunk, { stream: true }));
  }
  return pieces.join("");
}

async function main(): Promise<number> {
  const total: TestCount = { passed: 0, failed: 0, skipped: 0 };
  const failedSteps: string[] = [];
  const files = Deno.args.filter((argument) => argument !== "--only-tests");
  const checks = files.length === Deno.args.length ? STEPS : [];
  for (const step of [...checks, testStep(files)]) {
    console.log(`── ${step.name}`);
    const started = performance.now();
    const { code, output } = await run(step);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`── ${step.name}: ${code === 0 ? "ok" : `FAILED (exit ${code})`}, ${seconds} s`);
    if (code !== 0) failedSteps.push(step.name);
    if (step.name === "tests") addTests(total, output, code);
    else if (code !== 0) total.failed++;
  }
  if (failedSteps.length > 0) console.log(`Failed: ${failedSteps.join(", ")}`);
  console.log(plainLine(total));
  return failedSteps.length === 0 && total.failed === 0 ? 0 : 1;
}

/** Adds what the test runner counted; a runner that failed without counting is one failure. */
function addTests(total: TestCount, output: string, code: number): void {
  const counted = countTests(output) ?? { passed: 0, failed: 0, skipped: 0 };
  total.passed += counted.passed;
  total.failed += counted.failed;
  total.skipped += counted.skipped;
  if (code !== 0 && counted.failed === 0) total.failed++;
  if (code === 0 && counted.passed === 0) total.failed++;
}

if (import.meta.main) Deno.exit(await main());
