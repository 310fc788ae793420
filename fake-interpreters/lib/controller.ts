import { empty } from './messages.js';
import type { Handlers } from './method.js';
import { unary } from './method.js';

export const controllerService = {
  Shutdown: unary('/plugin.GRPCController/Shutdown', empty, empty),
};

/** A GRPCController that answers before it stops the plugin. */
export function createController(onShutdown: () => void): Handlers<typeof controllerService> {
  return {
    Shutdown(_call, answer) {
      answer(null, {});
      onShutdown();
    },
  };
}
