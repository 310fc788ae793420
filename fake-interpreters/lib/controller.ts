import { empty } from './messages.js';
import type { Handlers } from './method.js';
import { unary } from './method.js';

export const controllerService = {
  Shutdown: unary('/plugin.GRPCController/Shutdown', empty, empty),
};

/** A controller that answers first and then does as it was told. */
export function createController(onShutdown: () => void): Handlers<typeof controllerService> {
  return {
    Shutdown(_call, answer) {
      answer(null, {});
      onShutdown();
    },
  };
}
