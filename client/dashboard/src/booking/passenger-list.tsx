import type { Passenger } from '../../../../shared/booking.ts';

const typeNames: Record<Passenger['type'], string> = {
  adult: 'Adult',
  child: 'Child',
  infant_in_seat: 'Infant in a seat',
  infant_on_lap: 'Infant on a lap',
};

export function PassengerList({ passengers }: { passengers: Passenger[] }) {
  if (passengers.length === 0) return <p className="dim">No names yet; they can follow.</p>;
  return (
    <table className="figures" aria-label="Passengers">
      <tbody>
        {passengers.map((passenger, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: passengers have no id, and their order is theirs
          <tr key={index}>
            <th scope="row" style={{ color: 'var(--a-text)' }}>
              {passenger.givenName} {passenger.familyName}
            </th>
            <td className="dim">{typeNames[passenger.type]}</td>
            <td className="n dim">{passenger.bornOn ?? ''}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
