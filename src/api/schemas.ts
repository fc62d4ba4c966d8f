/** The schema of every built-in type, ready to use. */
import { loadSchemaTable } from '#machinery/schema/table.ts'
import { schemaTable } from './gen/schema-table.ts'

export const schemas = loadSchemaTable(schemaTable)
