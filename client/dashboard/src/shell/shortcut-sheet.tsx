import { Kbd, Modal } from '@mantine/core';

const shortcuts: [keys: string[], does: string][] = [
  [['⌘', 'K'], 'Open the command palette (Ctrl K)'],
  [['/'], 'Search flights'],
  [['g', 'f'], 'Go to flights'],
  [['g', 'b'], 'Go to bookings'],
  [['g', 'j'], 'Go to jobs'],
  [['g', 'o'], 'Go to operate'],
  [['g', 'h'], 'Go to health'],
  [['?'], 'Show this sheet'],
  [['Esc'], 'Close what is open'],
];

export function ShortcutSheet({ onClose }: { onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="Keyboard" closeButtonProps={{ 'aria-label': 'Close' }}>
      <table className="figures">
        <tbody>
          {shortcuts.map(([keys, does]) => (
            <tr key={does}>
              <th scope="row" className="nowrap">
                {keys.map((key, index) => (
                  <span key={key}>
                    {index > 0 && ' '}
                    <Kbd>{key}</Kbd>
                  </span>
                ))}
              </th>
              <td>{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  );
}
