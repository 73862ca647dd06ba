/** The kit for testing plugins and what embeds ringmaster: time, processes and leaks under the test's control. */
export { type FakeChance, seededRandom } from './testing/chance.js';
export { type ConformanceCheck, type ConformanceOptions, testPlugin } from './testing/conformance/index.js';
export { type EventRecorder, recordEvents } from './testing/events.js';
export { eventually } from './testing/eventually.js';
export { type FakeBehaviour, type FakeChild, FakeOs, type FakeOsOptions, type OsAction } from './testing/fake-os.js';
export { createHarness, type Harness, type HarnessOptions } from './testing/harness.js';
export { noLeaks } from './testing/leaks.js';
export { type LogLine, recordingLogger } from './testing/logger.js';
export { rejects } from './testing/rejects.js';
export type { TraceEntry } from './testing/trace.js';
export { type PendingTimer, VirtualClock } from './testing/virtual-clock.js';
