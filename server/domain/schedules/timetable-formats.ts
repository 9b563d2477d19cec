import type { ImportFlightsInput } from '../../../shared/flight.ts';
import { btsFormat } from './parse-bts.ts';
import { csvFormat } from './parse-schedule-csv.ts';
import { ssimFormat } from './parse-ssim.ts';
import type { ScheduleFormat, ScheduleRow } from './schedule-format.ts';

export type TimetableFormat = Extract<ImportFlightsInput['format'], 'csv' | 'bts' | 'ssim'>;

/** Every format of a timetable, listed once. */
const formats = { csv: csvFormat, bts: btsFormat, ssim: ssimFormat };

/** What reads a format. Who reads with it sees rows as lines with flights, whatever else the format keeps in them. */
export const formatOf = (name: TimetableFormat): ScheduleFormat<ScheduleRow> =>
  formats[name] as unknown as ScheduleFormat<ScheduleRow>;
