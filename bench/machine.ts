import { PROJECT_ROOT, readProjectConfig } from "../tools/project.ts";

/** Where and of what the figures are. */
export interface Circumstances {
  date: string;
  commit: string;
  /** "source", or the executable's path. */
  program: string;
  machine: { cpu: string; cores: number; memory_mb: number; system: string };
  versions: Record<string, string>;
}

async function commit(): Promise<string> {
  const git = async (...args: string[]) => {
    const { stdout } = await new Deno.Command("git", { args, cwd: PROJECT_ROOT }).output();
    return new TextDecoder().decode(stdout).trim();
  };
  const changed = await git("status", "--porcelain", "--untracked-files=no");
  return await git("rev-parse", "HEAD") + (changed === "" ? "" : " with changes");
}

/** By `cat`: Deno lets nobody read in /proc without every permission. */
async function cpuName(): Promise<string> {
  const { stdout } = await new Deno.Command("cat", { args: ["/proc/cpuinfo"] }).output();
  const info = new TextDecoder().decode(stdout);
  return /^model name\s*:\s*(.*)$/m.exec(info)?.[1] ?? Deno.build.arch;
}

export async function circumstances(): Promise<Circumstances> {
  const { version } = await readProjectConfig();
  return {
    date: new Date().toISOString(),
    commit: await commit(),
    program: Deno.env.get("MAILSEC_EXE") || "source",
    machine: {
      cpu: await cpuName(),
      cores: navigator.hardwareConcurrency,
      memory_mb: Math.round(Deno.systemMemoryInfo().total / 1e6),
      system: `${Deno.build.os} ${Deno.osRelease()} ${Deno.build.arch}`,
    },
    versions: { mailsec: version, ...Deno.version },
  };
}
