/**
 * How the server's objects live, told to V8 wherever the server is started: those of a call die young, after the
 * thousand calls beside it. With V8's own 16 MB every collection copies thousands of calls that are under way; and
 * since they survive one, V8 takes them for old and makes the next ones where only a full collection finds them dead.
 */
export const v8Flags = ['--max-semi-space-size=64', '--no-allocation-site-pretenuring'];
