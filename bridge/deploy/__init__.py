"""Deploy the contracts and prove who may do what afterwards."""
