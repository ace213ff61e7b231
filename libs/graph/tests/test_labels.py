import pytest

from headwater.graph.state.labels import dataset_label, job_label

JOBS = {
    "dbt": [
        ("dbt", "analytics.public.shop.stg_customers.run", "stg_customers.run"),
        ("dbt", "analytics.public.shop.stg_customers.build.run", "stg_customers.build.run"),
        ("dbt", "analytics.public.shop.not_null_orders_id.cf6c17daed.test", "not_null_orders_id.cf6c17daed.test"),
        ("dbt", "analytics.public.shop.orders.v2.build.run", "orders.v2.build.run"),
        ("dbt", "analytics.snapshots.shop.orders_snapshot.snapshot", "orders_snapshot.snapshot"),
        ("dbt", "bigquery-project.dataset.shop.orders.run", "orders.run"),
        ("dbt-prod", "analytics.staging.shop.stg_customers", "shop.stg_customers"),
        ("dbt", "dbt-run-shop", "dbt-run-shop"),
    ],
    "Airflow": [
        ("airflow", "gcs_hook", "gcs_hook"),
        ("airflow", "gcs_hook.compose_task", "gcs_hook.compose_task"),
        ("default", "nightly.load_group.load_orders", "nightly.load_group.load_orders"),
        ("default", "nightly.run", "nightly.run"),
        ("default", "nightly.quality.test", "nightly.quality.test"),
        ("default", "nightly.create_tables.update_orders", "nightly.create_tables.update_orders"),
    ],
    "Spark": [
        ("default", "shakespeare_on_spark", "shakespeare_on_spark"),
        ("default", "shakespeare_on_spark.adaptive_spark_plan", "shakespeare_on_spark.adaptive_spark_plan"),
        ("default", "app.adaptive_spark_plan.outputs_1729097570970", "adaptive_spark_plan.outputs_1729097570970"),
        ("default", "app.execute_insert_into_hive_table.warehouse_t1", "insert_into_hive_table.warehouse_t1"),
        (
            "default",
            "app.execute_create_hive_table_as_select_command.default_t2",
            "create_hive_table_as_select_command.default_t2",
        ),
        (
            "default",
            "app.execute_insert_into_hadoop_fs_relation_command.target_orders",
            "insert_into_hadoop_fs_relation_command.target_orders",
        ),
        ("default", "app.append_data.catalog.db.orders", "append_data.catalog.db.orders"),
        ("default", "app.drop_table", "app.drop_table"),
    ],
    "Flink": [
        ("flink", "State machine job", "State machine job"),
        (
            "flink",
            "insert-into_default_catalog.default_database.orders_out",
            "insert-into_default_catalog.default_database.orders_out",
        ),
    ],
    "Great Expectations": [("great_expectations", "orders.warning", "orders.warning")],
    "Dagster": [("dagster", "nightly.build_features", "nightly.build_features")],
    "dlt": [("dlt", "github_issues.load", "github_issues.load")],
    "Trino": [("trino://trino:8080", "20260110_171801_00001_abcde", "20260110_171801_00001_abcde")],
    "Hive": [("hive", "createtable_as_select.default.t2", "createtable_as_select.default.t2")],
    "others": [
        ("databricks", "/Repos/team/etl/load_orders", "etl/load_orders"),
        ("java", "com.acme.jobs.LoadOrders", "com.acme.jobs.LoadOrders"),
        ("custom", "load a/b every hour", "load a/b every hour"),
        ("custom", "/", "/"),
        ("custom", "..", ".."),
    ],
}
DATASETS = [
    ("postgres://warehouse:5432", "analytics.public.orders", "public.orders"),
    ("redshift://cluster.eu-west-1:5439", "dev.public.orders", "public.orders"),
    ("snowflake://org-account", "DB.SALES.ORDERS", "SALES.ORDERS"),
    ("bigquery", "bigquery-public-data.samples.shakespeare", "samples.shakespeare"),
    ("mysql://db:3306", "shop.orders", "shop.orders"),
    ("trino://trino:8080", "hive.default.orders", "default.orders"),
    ("unitycatalog://host", "main.sales.orders", "sales.orders"),
    ("hive://metastore:9083", "default.t1", "default.t1"),
    ("arn:aws:glue:eu-west-1:123", "table/sales/orders", "sales/orders"),
    ("kafka://events:9092", "product.usage.events", "product.usage.events"),
    ("pubsub", "topic:project.of:orders.v1.created", "topic:project.of:orders.v1.created"),
    ("s3://billing-exports", "exports/invoices/daily", "invoices/daily"),
    ("s3://lake", "raw/orders/day=2026-01-01/part-0.parquet", "orders/day=2026-01-01/part-0.parquet"),
    ("gs://bucket", "copy.of.data.txt", "copy.of.data.txt"),
    ("hdfs://namenode:8020", "/user/hive/warehouse/t1", "warehouse/t1"),
    ("file", "/tmp/cll_test/cll_source1/", "cll_test/cll_source1"),
    ("file", "/orders.csv", "orders.csv"),
    ("oracle://db:1521", '"db"."sch.ema"."orders"', '"db"."sch.ema"."orders"'),
    ("somewhere", "orders", "orders"),
    ("somewhere", "a..b", "a..b"),
    ("somewhere", "/", "/"),
]


@pytest.mark.parametrize(
    ("namespace", "name", "label"),
    [pytest.param(*case, id=f"{producer}: {case[1]}") for producer, cases in JOBS.items() for case in cases],
)
def test_a_job_is_labelled_by_the_rule_of_its_producer(namespace: str, name: str, label: str) -> None:
    assert job_label(namespace, name) == label


@pytest.mark.parametrize(("namespace", "name", "label"), DATASETS)
def test_a_dataset_is_labelled_by_schema_and_table_or_by_the_end_of_its_path(
    namespace: str, name: str, label: str
) -> None:
    assert dataset_label(namespace, name) == label


def test_every_label_is_a_piece_of_its_name() -> None:
    labelled = [(name, job_label(space, name)) for cases in JOBS.values() for space, name, _ in cases]
    labelled += [(name, dataset_label(space, name)) for space, name, _ in DATASETS]
    assert [name for name, label in labelled if not label or label not in name] == []


def test_a_dbt_job_does_not_read_like_its_table_nor_like_another_command() -> None:
    labels = {
        dataset_label("postgres://w", "analytics.public.orders"),
        *(job_label("dbt", f"analytics.public.shop.orders.{command}") for command in ("run", "test", "build.run")),
    }
    assert len(labels) == 4


@pytest.mark.parametrize("name", ["a." * 20_000 + "run", "." * 40_000, "x" * 4_096, "a.execute_" * 5_000])
def test_long_names_cost_little(name: str) -> None:
    assert job_label("dbt", name)
    assert dataset_label("dbt", name)
