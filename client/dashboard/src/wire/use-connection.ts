import { useSyncExternalStore } from 'react';
import type { ConnectionHandle, ConnectionState } from '../../../sdk/connection.ts';

/** The state of a client's socket, as React sees it. */
export const useConnection = (connection: ConnectionHandle): ConnectionState =>
  useSyncExternalStore(connection.subscribe, connection.state);
