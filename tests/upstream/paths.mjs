// The paths of DeGPT's API, and of the stand-in's own.
// Called by: server.mjs, script.mjs, control.mjs and the tests.

export const paths = {
  config: '/api/config',
  signIn: '/api/v1/auths/printSignIn',
  chat: '/api/v1/chat/completion/proxy',
  search: '/api/v1/third/search',
  page: '/api/v1/third/check_web',
  refresh: '/api/v1/conversation/refresh',
};

export const controlPrefix = '/__stand-in/';
