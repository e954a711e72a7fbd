/** A permission set as deno.json writes it: granted whole, refused, or granted for a list. */
export type PermissionSet = Record<string, boolean | string[]>;

/** The command line's flags for a permission set: `{ read: true }` gives `--allow-read`. */
export function permissionFlags(set: PermissionSet): string[] {
  return Object.entries(set).flatMap(([kind, grant]) => {
    if (grant === false) return [];
    return grant === true ? [`--allow-${kind}`] : [`--allow-${kind}=${grant.join(",")}`];
  });
}

/** What the tools read from deno.json. */
export interface ProjectConfig {
  version: string;
  unstable: string[];
  permissions: { mailsec: PermissionSet };
}

export async function readProjectConfig(root: string): Promise<ProjectConfig> {
  return JSON.parse(await Deno.readTextFile(`${root}/deno.json`)) as ProjectConfig;
}
