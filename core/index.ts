/** The public face of ringmaster: what embedders and plugins import. */
export type * from './api.js';
export { type Arguments, parseArguments } from './cli/arguments.js';
export { connectDaemon } from './cli/connect.js';
export { EXIT_STATUS } from './cli/exit-status.js';
export { remedyOf } from './cli/remedy.js';
export type * from './cli/verb.js';
export { version } from './cli/version.js';
export { type Clock, systemClock } from './clock.js';
export { checkValue } from './config/check-value.js';
export { closest } from './config/did-you-mean.js';
export { isLocal } from './config/exposure.js';
export {
  type CheckedConfig,
  type CheckOptions,
  type ConfigExport,
  type ConfigInput,
  checkConfig,
  defineConfig,
  formatProblem,
  type LoadedConfig,
  type LoadOptions,
  loadConfig,
  type Origin,
  type Problem,
} from './config/index.js';
export type { Config, DaemonOptions } from './config/schema/daemon.js';
export type { SocketOptions } from './config/schema/socket.js';
export { type WatcherOptions, watcherSchema } from './config/schema/watcher.js';
export {
  type Answering,
  type CommandForm,
  type ControlCommand,
  type ControlCommandContext,
  defineCommand,
  type ReplyBody,
  Staged,
  type TypedControlCommand,
} from './control-command.js';
export type { Decision } from './decisions.js';
export type { TypeDeclaration } from './declared-types.js';
export { type ErrorCode, type ErrorOptions, explain, isRingmasterError, messageOf, RingmasterError } from './errors.js';
export { EVENTS, type EventBodies, type EventName, type SupervisorEvent } from './events.js';
export type { ExtensionPoint, ExtensionTypes } from './extension-points.js';
export type * from './extension-types.js';
export type { Extension, ExtensionChange, Extensions } from './extensions.js';
export type { FaultStatus } from './fault-budget.js';
export type { HookCall, HookVerdict } from './hook-calls.js';
export type { HookCount } from './hook-registry.js';
export type { HookWait } from './hook-runner.js';
export * from './hooks.js';
export type { FromSchema, FromSchemaInput, JsonSchema } from './json-schema.js';
export { type LogFields, type Logger, silentLogger } from './log.js';
export type { MarkedSink, OutputMark } from './os/port.js';
export { type DatagramSocket, openDatagramSocket } from './os/posix/datagram.js';
export { type NotifyListener, type NotifySocket, openNotifyListener } from './os/posix/notify-listener.js';
export { type ProcessSample, ProcessSampler, type SampleOptions } from './os/process-sampler.js';
export { openTrusted, PlantedError, trustedPath } from './os/trusted-file.js';
export { userId } from './os/users.js';
export type { ProcessOutput, ProcessSink } from './output.js';
export { OUTPUT_NAMES, type OutputName, outputOptions } from './output-options.js';
export {
  type CustomOutput,
  type ExtensionOutput,
  OUTPUT_TYPES,
  type OutputOptions,
  type OutputType,
  type WhenSlow,
} from './output-schema.js';
export type {
  AddStep,
  AppliedPlan,
  ConfigPlan,
  OptionChange,
  OptionStep,
  PlanOptions,
  PlanStep,
  PluginStep,
  RemoveStep,
  RestartDaemonStep,
  WatcherStep,
} from './plan.js';
export type { Drift, WatcherDrift } from './plan-drift.js';
export type { PluginDrift } from './plan-plugins.js';
export {
  type AnyPlugin,
  definePlugin,
  type Mistake,
  type OptionsCheck,
  type OptionsSchema,
  type Plugin,
  type PluginContext,
  type Remark,
} from './plugin.js';
export type { PluginDescription, PluginOption, PluginState, PluginStatus, PluginTaps } from './plugin-status.js';
export { memoryPercent, processInfo, processTotals } from './process-info.js';
export { runtimeDir } from './runtime-dir.js';
export { type Cleanup, Scope } from './scope.js';
export { looksSecret, MASK, type MarkedSecrets, maskSecrets, maskText } from './secrets.js';
export {
  applicationName,
  checkOptions,
  httpProbeOptions,
  namedChecks,
  paceOptions,
  statsdOptions,
  tcpProbeOptions,
} from './service-options.js';
export type * from './services.js';
export { splitWords } from './shell-words.js';
export { signalName, signalNumber } from './signals.js';
export type { HitCounter, SocketHitCount } from './socket-hits.js';
export type { SocketStep } from './socket-plan.js';
export type { SocketView } from './sockets.js';
export { Supervisor } from './supervisor.js';
export type { SupervisorOptions } from './supervisor-options.js';
export type { Trouble } from './troubles.js';
export { understood } from './understood.js';
export type { Upgraded, UpgradeRequest } from './upgrade.js';
export { visible, visibleJson, visibleLines } from './visible.js';
export { type WireFilter, wireFilter } from './wire-events.js';
