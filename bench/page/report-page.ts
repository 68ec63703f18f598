import type { Report } from '../report/report.ts'
import { renderReport } from './report.ts'

// One script for both: the benchmark's page imports it, and the pages that `report/html.ts` writes
// have it inside, with a report beside it.
export { renderReport }

const data = document.getElementById('vitrine-report-data')
const place = document.getElementById('vitrine-report')
if (data && place) renderReport(place, [JSON.parse(data.textContent!) as Report])
