"""The sample story: a churn model that gets worse because an upstream table changed its schema.

Three sources, four ETL processes, one model with three versions, two outputs, labels that
arrive days late, four weeks up to the day of installation. It is sent to the real endpoints: by the official
OpenLineage client and plain POSTs. Equal days give equal data.

names → pipeline (lineage events), model (model, prediction and label events) → publish
"""
