from everywrite import client, equal, make_table, refused

make_table("pets", "owner S", "name S")
dynamodb = client()


def run(statement, *parameters, **more):
    if parameters:
        more["Parameters"] = list(parameters)
    return dynamodb.execute_statement(Statement=statement, **more)


for number in range(5):
    run("INSERT INTO pets VALUE {'owner': ?, 'name': ?, 'age': ?}", {"S": "ann"}, {"S": f"p{number}"}, {"N": str(number)})
with refused("DuplicateItemException", "Duplicate primary key exists in table"):
    run("INSERT INTO pets VALUE {'owner': 'ann', 'name': 'p0'}")

run("UPDATE pets SET age = age + 10 WHERE owner = 'ann' AND name = 'p1'")
changed = run("UPDATE pets SET kind = 'cat' WHERE owner = 'ann' AND name = 'p2' RETURNING ALL NEW *")["Items"]
equal(changed, [{"owner": {"S": "ann"}, "name": {"S": "p2"}, "age": {"N": "2"}, "kind": {"S": "cat"}}])
run("DELETE FROM pets WHERE owner = 'ann' AND name = 'p4'")

# Pages.
first = run("SELECT name, age FROM pets WHERE owner = ?", {"S": "ann"}, Limit=3)
second = run("SELECT name, age FROM pets WHERE owner = ?", {"S": "ann"}, NextToken=first["NextToken"])
equal([item["name"]["S"] for item in first["Items"] + second["Items"]], ["p0", "p1", "p2", "p3"])
equal(first["Items"][1]["age"], {"N": "11"})

# A batch: each by itself.
answer = dynamodb.batch_execute_statement(
    Statements=[
        {"Statement": "SELECT * FROM pets WHERE owner = 'ann' AND name = ?", "Parameters": [{"S": "p0"}]},
        {"Statement": "SELECT * FROM pets WHERE owner = 'ann'"},
    ]
)
equal(answer["Responses"][0]["Item"]["age"], {"N": "0"})
equal(answer["Responses"][1]["Error"]["Code"], "ValidationError")

# A transaction: all or nothing.
with refused("TransactionCanceledException") as answer:
    dynamodb.execute_transaction(
        TransactStatements=[
            {"Statement": "INSERT INTO pets VALUE {'owner': 'bob', 'name': 'new'}"},
            {"Statement": "INSERT INTO pets VALUE {'owner': 'ann', 'name': 'p0'}"},
        ]
    )
equal([reason["Code"] for reason in answer["CancellationReasons"]], ["None", "DuplicateItem"])
equal(run("SELECT * FROM pets WHERE owner = 'bob'")["Items"], [])
