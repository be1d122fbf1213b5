import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { MetadataStoreService } from "../../../src/contract/messages.ts";

/**
 * The public API of the server that this page came from. Binary rather than JSON: ids and unknown fields stay
 * exact, and a property of a message type that nobody here knows can be shown.
 */
export const client = createClient(
  MetadataStoreService,
  createConnectTransport({ baseUrl: location.origin, useBinaryFormat: true }),
);
