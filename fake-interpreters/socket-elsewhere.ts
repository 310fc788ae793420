import { servePlugin } from './lib/serve-plugin.js';

// As plugins did before go-plugin 1.5.
delete process.env.PLUGIN_UNIX_SOCKET_DIR;
servePlugin();
