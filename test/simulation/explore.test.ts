import { describe, expect, test } from 'vitest';
import { explore } from '../../scripts/simulate/explore.ts';
import { scopes } from '../../scripts/simulate/scopes.ts';

describe('every order of events in a small world', () => {
  test.each(scopes.map((scope) => [scope.name, scope] as const))('[SIM-4] %s', (_, scope) => {
    const { violation, states } = explore(scope, { statesMax: 20_000 });
    expect(violation).toBeUndefined();
    expect(states).toBeGreaterThan(1_000);
  });

  test.each([
    ['no-capacity-test', 'nothing is sold beyond what the operator asked for'],
    ['no-event-memory', 'captured − refunded is what is sold'],
    ['no-fence', 'a sealed batch never commits'],
    ['retake-without-test', 'nothing is sold beyond what the operator asked for'],
    ['due-holds-stay', 'who is told «sold out» could not have had seats'],
    ['pay-ignores-deadline', 'no hold is paid for after its deadline'],
  ] as const)('[SIM-4] finds a way to what is wrong with %s, and names it', (bug, rule) => {
    const found = scopes.map((scope) => explore(scope, { statesMax: 5_000, bug }).violation).filter(Boolean);
    expect(found.map((each) => each?.rule)).toContain(rule);
    expect(found[0]?.path.length).toBeGreaterThan(0);
  });
});
