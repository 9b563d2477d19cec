import { client } from '../wire/traveller.ts';

/** Downloads all results, streamed by the server. The token goes in a header, never in an address. */
export async function saveResults(jobId: string, format: 'csv' | 'ndjson'): Promise<void> {
  const token = await client.auth.token();
  const answer = await fetch(`/jobs/${jobId}/results.${format}`, {
    headers: token ? { authorization: `Bearer ${token}` } : {},
  });
  if (!answer.ok) return;
  const address = URL.createObjectURL(await answer.blob());
  const link = document.createElement('a');
  link.href = address;
  link.download = `airside-${jobId}.${format}`;
  link.click();
  URL.revokeObjectURL(address);
}
