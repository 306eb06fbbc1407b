# validate.py -- says where JSON files do not fit a schema: validate.py SCHEMA FILE...
import json, sys
import jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for name in sys.argv[2:]:
    def refuse(text):
        raise ValueError(name + ": " + text + " is no JSON")
    for error in validator.iter_errors(json.load(open(name), parse_constant=refuse)):
        print(name, list(error.absolute_path), error.message[:200])
