/** The slot of a device that is being added, in the bundle that logins get. */

import { assert, assertEquals } from "@std/assert";
import { type Bytes, equalBytes, randomBytes } from "../../crypto/bytes.ts";
import { BUNDLE_WRAP_BYTES, SLOT_ENROLMENT } from "../../crypto/bundle_slots.ts";
import { withSlot } from "../../crypto/key_bundle.ts";
import { MAX_ENROLMENT_MS } from "../../protocol/limits.ts";
import { enrolDevice } from "../../protocol/messages/enrol_device.ts";
import { change } from "./credential_changes.ts";
import { type RiggedPort, VaultRig } from "./vault_rig.ts";

interface Enrolling {
  readonly port: RiggedPort;
  readonly owner: { readonly realm: Bytes; readonly user: string };
  /** The bundle as it was before. */
  readonly plain: Bytes;
  /** The bundle that a login gets now. */
  bundleNow(): Promise<Bytes>;
  readonly clock: { now: number };
}

async function withEnrolling(work: (enrolling: Enrolling) => Promise<void>): Promise<void> {
  const clock = { now: Date.now() };
  const rigClock = { now: () => clock.now, sleep: () => Promise.resolve() };
  await using rig = await VaultRig.open({}, rigClock);
  await rig.register("alice");
  const bundleNow = async () => {
    let found: Bytes | null = null;
    const onBundle = (bundle: Bytes) => void (found = bundle);
    const port = await rig.login("alice", undefined, { onBundle });
    port.leave();
    return found!;
  };
  const plain = await bundleNow();
  const port = await rig.login("alice");
  const owner = { realm: rig.realm, user: "alice" };
  await work({ port, owner, plain, bundleNow, clock });
  port.leave();
}

Deno.test("enrolment: a device's slot is there until its time is over", () =>
  withEnrolling(async ({ port, plain, bundleNow, clock }) => {
    const wrap = randomBytes(BUNDLE_WRAP_BYTES);
    const expires = clock.now + 1000;
    assertEquals(await port.request(enrolDevice, { wrap, expires }), {});
    const withDevice = withSlot(plain, { type: SLOT_ENROLMENT, wrap });
    assert(equalBytes(await bundleNow(), withDevice));
    clock.now = expires - 1;
    assert(equalBytes(await bundleNow(), withDevice));
    clock.now = expires;
    assert(equalBytes(await bundleNow(), plain));
  }));

Deno.test("enrolment: no slot is there for longer than the server's limit", () =>
  withEnrolling(async ({ port, plain, bundleNow, clock }) => {
    const wrap = randomBytes(BUNDLE_WRAP_BYTES);
    const begun = clock.now;
    await port.request(enrolDevice, { wrap, expires: begun + 365 * MAX_ENROLMENT_MS });
    clock.now = begun + MAX_ENROLMENT_MS - 1;
    assert(!equalBytes(await bundleNow(), plain));
    clock.now = begun + MAX_ENROLMENT_MS;
    assert(equalBytes(await bundleNow(), plain));
  }));

Deno.test("enrolment: a slot can be taken away, and a new one replaces it", () =>
  withEnrolling(async ({ port, plain, bundleNow, clock }) => {
    const expires = clock.now + 1000;
    const wraps = [randomBytes(BUNDLE_WRAP_BYTES), randomBytes(BUNDLE_WRAP_BYTES)];
    for (const wrap of wraps) {
      await port.request(enrolDevice, { wrap, expires });
      assert(equalBytes(await bundleNow(), withSlot(plain, { type: SLOT_ENROLMENT, wrap })));
    }
    assertEquals(await port.request(enrolDevice, { wrap: null, expires: 0 }), {});
    assert(equalBytes(await bundleNow(), plain));
  }));

Deno.test("enrolment: a slot is gone when it was used, that is with the next bundle", () =>
  withEnrolling(async ({ port, owner, plain, bundleNow, clock }) => {
    const wrap = randomBytes(BUNDLE_WRAP_BYTES);
    await port.request(enrolDevice, { wrap, expires: clock.now + 1000 });
    // The bundle's version is that of what is stored, whatever slot a login gets besides.
    assertEquals(await change(port, owner, { version: 2 }), { receipt: null });
    const after = await bundleNow();
    assert(!equalBytes(after, withSlot(after, { type: SLOT_ENROLMENT, wrap })));
    assert(!equalBytes(after, plain));
  }));
