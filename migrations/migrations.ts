import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

/** Each step is one `.sql` file beside this one, in order; a step is never edited once it has been released. */
const steps = [
  '0001_record',
  '0002_hold_seats',
  '0003_engine',
  '0004_feed',
  '0005_selling',
  '0007_fares',
  '0008_schedule_import',
  '0009_jobs',
  '0010_prices',
  '0011_identity',
  '0012_holding',
  '0015_job_chunks',
  '0016_access_links',
  '0017_lives',
  '0018_step_columns',
  '0019_changed_cabins',
  '0020_actor_index',
  '0021_hold_alone',
  '0022_event_key',
  '0023_rows_of_a_hold',
  '0024_rare_entries',
];

const migrationOf = (name: string) =>
  class extends Migration {
    override up(): void {
      this.addSql(readFileSync(new URL(`./${name}.sql`, import.meta.url), 'utf8'));
    }
  };

export const migrations = steps.map((name) => ({ name, class: migrationOf(name) }));
