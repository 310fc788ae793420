import {
  status,
  type sendUnaryData,
  type Server,
  type ServerUnaryCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { messageOf } from '../model/index.js';
import { log } from './log.js';
import { unary } from './method.js';
import { empty, text, texts } from './wire.js';

/** What the plugin does when the host calls it at the turning points of its life. Each may answer with a promise. */
export interface PluginHooks {
  /** Called before the plugin counts as healthy. A failure fails the activation, with its message. */
  readonly onActivate?: (() => unknown) | undefined;
  /** Called before the plugin is asked to end. A plugin that crashes or hangs is not called. */
  readonly onDeactivate?: (() => unknown) | undefined;
  /** Called with the new configuration, parsed from JSON. */
  readonly onConfigurationChange?: ((configuration: unknown) => unknown) | undefined;
}

/** A status travels in HTTP/2 trailers, which gRPC limits to 8 KiB. */
const longestDetails = 1000;

/** `espalier.v1.PluginHooks`, with the hooks that there are. Without any, there is no such service. */
export function addHooks(server: Server, hooks: PluginHooks): void {
  const { onActivate, onDeactivate, onConfigurationChange } = hooks;
  const all = {
    OnActivate: onActivate,
    OnDeactivate: onDeactivate,
    OnConfigurationChange:
      onConfigurationChange && (({ text }: Request) => onConfigurationChange(JSON.parse(text))),
  };
  const implemented = Object.entries(all).filter(([, hook]) => hook !== undefined);
  if (implemented.length === 0) return;
  const names = implemented.map(([name]) => name);
  const answerNames = (_call: unknown, answer: sendUnaryData<readonly string[]>): void => {
    answer(null, names);
  };
  const implementation: UntypedServiceImplementation = { Implemented: answerNames };
  for (const [name, hook] of implemented) if (hook) implementation[name] = guarded(name, hook);
  server.addService(definition, implementation);
}

const definition = {
  Implemented: unary('/espalier.v1.PluginHooks/Implemented', empty, texts),
  OnActivate: unary('/espalier.v1.PluginHooks/OnActivate', empty, empty),
  OnDeactivate: unary('/espalier.v1.PluginHooks/OnDeactivate', empty, empty),
  OnConfigurationChange: unary('/espalier.v1.PluginHooks/OnConfigurationChange', text, empty),
};

/** What a hook is called with; of interest to `onConfigurationChange` only. */
interface Request {
  readonly text: string;
}

/** A hook that fails is the plugin's answer to the host, and its stack is in the log. */
function guarded(name: string, hook: (request: Request) => unknown) {
  return (call: ServerUnaryCall<Request, object>, answer: sendUnaryData<object>): void => {
    const run = async (): Promise<void> => {
      await hook(call.request);
    };
    run().then(
      () => {
        answer(null, {});
      },
      (error: unknown) => {
        log.error(`${name} failed`, { error });
        answer({ code: status.FAILED_PRECONDITION, details: messageOf(error).slice(0, longestDetails) });
      },
    );
  };
}
