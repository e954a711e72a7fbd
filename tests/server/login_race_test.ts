import { assertEquals, assertRejects } from "@std/assert";
import type { Clock } from "../../crypto/tick.ts";
import { systemClock } from "../../server/clock.ts";
import { rawSql } from "../mailstore/files.ts";
import { VaultRig } from "./vault_rig.ts";

Deno.test("login: who is disabled while her first login makes her active does not get in", async () => {
  let onNow = () => {};
  const clock: Clock = {
    sleep: (ms) => systemClock.sleep(ms),
    now: () => {
      onNow();
      return systemClock.now();
    },
  };
  await using rig = await VaultRig.open({}, clock);
  await rig.register("alice");
  const disable = () => {
    onNow = () => {};
    rawSql(`${rig.data}/mail.db`, "UPDATE accounts SET status = 'disabled', version = version + 1");
  };
  // The vault's next look at the clock is for the time of the first login, to be stored.
  await assertRejects(() => rig.login("alice", () => void (onNow = disable)));
  rawSql(`${rig.data}/mail.db`, "UPDATE accounts SET status = 'active'");
  const port = await rig.login("alice");
  assertEquals(port.users, ["alice"]);
  port.port.close();
});
