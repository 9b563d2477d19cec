/** The id of the field that `/` goes to. */
export const searchFieldId = 'search-from';

/** Focuses it, also when its page has only begun to load. */
export function focusSearch(): void {
  const endsAt = Date.now() + 2_000;
  const attempt = () => {
    const field = document.getElementById(searchFieldId);
    if (field) field.focus();
    else if (Date.now() < endsAt) requestAnimationFrame(attempt);
  };
  attempt();
}
