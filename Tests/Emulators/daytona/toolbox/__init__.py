"""What Daytona's daemon does within a sandbox, behind the toolbox proxy."""
