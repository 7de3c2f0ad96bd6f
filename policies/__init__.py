"""The SOC 2 policy pack: one rule one file, in a folder per control area.

`judge` decodes what the engine sends and runs the rules; `subjects` reads resources the way rules speak of them
(an environment variable, a response header, the effective protection of a branch). Every other folder is a control
area and holds rules. The pack stands alone: it imports nothing outside this folder but the standard library, grpc,
protobuf and the protocol definitions of the Pulumi SDK.
"""
