/** A whole answer, decompressed. */
export interface FetchedText {
  status: number;
  headers: Headers;
  text: string;
}

/**
 * One call to somebody else's server, for answers that are large, compressed, and not worth a
 * connection of their own. Redirects are answers. Rejects when no whole answer came, or one longer
 * than `maxBytes` after decompression.
 */
export async function fetchText(
  url: string,
  request: { method?: 'GET' | 'POST'; headers?: Record<string, string>; body?: string; signal: AbortSignal },
  maxBytes: number,
): Promise<FetchedText> {
  const response = await fetch(url, { ...request, redirect: 'manual' });
  const decoder = new TextDecoder();
  let size = 0;
  let text = '';
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`an answer of more than ${maxBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return { status: response.status, headers: response.headers, text: text + decoder.decode() };
}
